import { checks, type Schema } from '@zookit/client'
import type { Fact, RecipeView } from '../protocol.ts'
import { type Look, recipe } from './look.ts'

/** Schemas by the path of the znode whose JSON they describe. */
export type Schemas = Readonly<Record<string, Schema<unknown>>>

/** The check of schemas by path: its word names the path of what is none. */
export const schemasCheck: checks.Check = value => {
  if (typeof value !== 'object' || value === null) return `must be an object, not ${checks.describe(value)}`
  for (const [path, schema] of Object.entries(value)) {
    if (!path.startsWith('/')) return `must have paths as its names: ${checks.describe(path)} is none`
    const fault = checks.schemaCheck(schema)
    if (fault !== null) return `has no validator for ${path}: it ${fault}`
  }
  return null
}

const NAMED = /config|settings|flags|\.json$/i
const MOST_ISSUES = 10

/** Recognises configuration in JSON: by a schema that was given for its path, or by its name and data. */
export async function config(look: Look, schemas: Schemas): Promise<RecipeView | null> {
  const schema = Object.hasOwn(schemas, look.path) ? schemas[look.path] : undefined
  const text = look.data?.toString() ?? ''
  const isNamed = look.path.split('/').some(name => NAMED.test(name)) && /^\s*[{[]/.test(text)
  if (schema === undefined && !isNamed) return null
  return recipe(look, 'config', {
    layout: 'any',
    because:
      schema === undefined
        ? 'its name says so, and its data begins as JSON does'
        : 'a schema was given for it',
    facts: await factsOf(text, schema),
  })
}

async function factsOf(text: string, schema: Schema<unknown> | undefined): Promise<Fact[]> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return [{ name: 'JSON', value: (error as Error).message, tone: 'bad' }]
  }
  const valid: Fact = { name: 'JSON', value: 'valid', tone: 'good' }
  if (schema === undefined) return [valid, { name: 'schema', value: 'none was given', tone: 'plain' }]
  const result = await schema['~standard'].validate(value)
  const issues = result.issues ?? []
  if (issues.length === 0) return [valid, { name: 'schema', value: 'fits', tone: 'good' }]
  return [
    valid,
    ...issues.slice(0, MOST_ISSUES).map(({ path = [], message }): Fact => {
      const at = path.map(part => String(typeof part === 'object' ? part.key : part)).join('.')
      return { name: 'schema', value: at === '' ? message : `${at}: ${message}`, tone: 'bad' }
    }),
  ]
}
