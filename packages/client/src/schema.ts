import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ZooKeeperError } from '@zookit/connection'
import { type Check, mustBe } from './checks.ts'

/** A validator of any library that implements Standard Schema: zod, valibot, arktype and others. */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output>

/** A fault that a schema finds in a value. */
export interface SchemaIssue {
  readonly message: string
  /** Place of the fault in the value: the keys from the outside in. */
  readonly path: readonly PropertyKey[]
}

/** The error for a value that does not match its schema. Its code is INVALID_DATA. */
export class SchemaError extends ZooKeeperError {
  readonly issues: readonly SchemaIssue[]

  /** @param path znode that has, or would have, the value. */
  constructor(issues: readonly StandardSchemaV1.Issue[], path: string) {
    const found = issues.map(({ message, path: keys = [] }) => ({ message, path: keys.map(toKey) }))
    const texts = found.map(issue => [...issue.path.map(String), issue.message].join(': '))
    super('INVALID_DATA', {
      message: texts.join('; ') || 'the schema refuses the value',
      path,
      outcome: 'not-sent',
    })
    this.issues = found
  }

  /** Returns whether a value is a SchemaError, also one of another copy of this package. */
  static override is(value: unknown): value is SchemaError {
    return ZooKeeperError.is(value) && value.code === 'INVALID_DATA' && 'issues' in value
  }
}

/**
 * Validates a value. Without a schema, returns it unchanged.
 *
 * @param path znode that has, or would have, the value.
 * @returns the schema's output.
 * @throws SchemaError; what the schema throws.
 */
export async function parseWith<Output>(
  schema: Schema<Output> | undefined,
  value: unknown,
  path: string,
): Promise<Output> {
  if (schema === undefined) return value as Output
  const result = await schema['~standard'].validate(value)
  if (result.issues) throw new SchemaError(result.issues, path)
  return result.value
}

function toKey(key: PropertyKey | StandardSchemaV1.PathSegment): PropertyKey {
  return typeof key === 'object' ? key.key : key
}

/** The check of a schema: those of some libraries are functions. */
export const schemaCheck: Check = mustBe('a schema that implements Standard Schema', value => {
  const standard = ((value ?? {}) as Record<string, { validate?: unknown } | undefined>)['~standard']
  return typeof standard?.validate === 'function'
})
