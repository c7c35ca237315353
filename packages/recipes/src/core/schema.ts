import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ZooKeeperError } from '@zookit/client'

/** A validator of any library that speaks Standard Schema: zod, valibot, arktype and others. */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output>

/** What a schema finds wrong with a value. */
export interface SchemaIssue {
  readonly message: string
  /** Where in the value: its keys from the outside in. */
  readonly path: readonly PropertyKey[]
}

/** A value is not what its schema says. Its code is INVALID_DATA. */
export class SchemaError extends ZooKeeperError {
  readonly issues: readonly SchemaIssue[]

  /** @param path the node that has, or would have, the value. */
  constructor(issues: readonly StandardSchemaV1.Issue[], path: string) {
    const found = issues.map(({ message, path: keys = [] }) => ({ message, path: keys.map(toKey) }))
    const texts = found.map(issue => [...issue.path.map(String), issue.message].join(': '))
    super('INVALID_DATA', { message: texts.join('; ') || 'the schema refuses it', path, outcome: 'not-sent' })
    this.issues = found
  }
}

/**
 * What a schema makes of a value; without a schema the value itself.
 *
 * @param path the node that has, or would have, the value.
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
