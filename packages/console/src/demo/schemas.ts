import type { Schemas } from '../recipes/config.ts'

type Field = readonly [isValid: (value: unknown) => boolean, wanted: string]

const COUNT: Field = [
  value => Number.isInteger(value) && (value as number) > 0,
  'must be a whole number above 0',
]
const TEXT: Field = [value => typeof value === 'string', 'must be text']

/** Makes a schema of an object with these fields. Others may be there, too. */
function record(fields: Readonly<Record<string, Field>>): Schemas[string] {
  return {
    '~standard': {
      version: 1,
      vendor: 'zookit',
      validate(value) {
        const given = Object(value) as Record<string, unknown>
        const issues = Object.entries(fields).flatMap(([name, [isValid, wanted]]) =>
          isValid(given[name]) ? [] : [{ path: [name], message: wanted }],
        )
        return issues.length === 0 ? { value } : { issues }
      },
    },
  }
}

/** The schemas of the configuration of the made-up ensemble: one that its data fits, and one that it does not. */
export const SCHEMAS: Schemas = {
  '/config/app.json': record({ name: TEXT, replicas: COUNT }),
  '/config/limits.json': record({ requestsPerSecond: COUNT, burst: COUNT }),
}
