import type { ConstantSpec, Spec } from './spec.ts'

/** Prints errors.ts: the table of error numbers. */
export function printErrors(spec: Spec): string {
  const codes = spec.errors.map(e => `  | '${e.code}'`).join('\n')
  const rows = spec.errors.map(e => {
    const { number, code, name, message, scope, retryable, outcome } = e
    const fields = { number, code, name, message, scope, retryable, outcome }
    const printed = Object.entries(fields).map(([key, value]) => `${key}: ${literal(value)}`)
    return `  { ${printed.join(', ')} },`
  })
  const numbers: ConstantSpec = {
    name: 'ErrorNumber',
    doc: 'The error numbers of a reply header, by code. `OK` is not an error.',
    values: { OK: 0, ...Object.fromEntries(spec.errors.map(({ code, number }) => [code, number])) },
  }
  return `/** The codes of the errors that ZooKeeper numbers. */
export type KnownErrorCode =
${codes}

/** The fate of a request that failed: refused, never sent, or perhaps applied. */
export type Outcome = 'rejected' | 'not-sent' | 'unknown'

/** One row of errors.json. */
export interface ErrorRow {
  /** The number in a reply header. */
  readonly number: number
  /** The code that programs compare. */
  readonly code: KnownErrorCode
  /** The name as ZooKeeper spells it. */
  readonly name: string
  /** A description, without a full stop. */
  readonly message: string
  /** The part that reports it, or that it concerns: server, api, session, client or both sides. */
  readonly scope: string
  /** True if the same request can succeed later without any other change. */
  readonly retryable: boolean
  /** The fate of the request. */
  readonly outcome: Outcome
}

${printConstant(numbers)}

/** Every error that ZooKeeper numbers. */
export const errorTable: readonly ErrorRow[] = [
${rows.join('\n')}
]`
}

/** Prints constants.ts: the protocol's small numbers under their names. */
export function printConstants(spec: Spec): string {
  const opcodes = {
    name: 'OpCode',
    doc: 'The opcodes that clients send.',
    values: Object.fromEntries(spec.operations.map(({ name, code }) => [name, code])),
  }
  return [opcodes, ...spec.constants].map(printConstant).join('\n\n')
}

function printConstant({ name, doc, values }: ConstantSpec): string {
  const lines = Object.entries(values).map(([key, value]) => `  ${property(key)}: ${value},`)
  const types = Object.entries(values).map(([key, value]) => `  readonly ${property(key)}: ${value}`)
  return `/** ${doc} */\nexport const ${name}: {\n${types.join('\n')}\n} = {\n${lines.join('\n')}\n}`
}

function property(name: string): string {
  return /^\w+$/.test(name) ? name : `'${name}'`
}

function literal(value: string | number | boolean): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value)
}
