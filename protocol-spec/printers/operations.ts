import { typeOfField } from './records.ts'
import type { OperationSpec, Spec } from './spec.ts'

/** Prints operations.ts: one value for each row of operations.json. */
export function printOperations(spec: Spec): string {
  const rows = spec.operations.map(operation => printOperation(spec, operation))
  return [
    printImports(spec),
    "export type { AnyOperation, Operation, OperationKind, WatchKind } from '../operation.ts'",
    ...rows,
    `/** Every operation, in the order of operations.json. */
export const operations: readonly AnyOperation[] = [
${spec.operations.map(o => `  ${constant(o.name)},`).join('\n')}
]`,
  ].join('\n\n')
}

/** Returns the name of an operation's constant: `delete` is no name for a binding. */
function constant(name: string): string {
  return name === 'delete' ? 'remove' : name
}

function typeOf(record: string | null): string {
  return record ?? 'null'
}

function printImports(spec: Spec): string {
  const own = new Set<string>()
  for (const { request, response, handWritten } of spec.operations) {
    for (const record of [request, response]) {
      if (record !== null && !handWritten) {
        own.add(`type ${record}`).add(`read${record}`).add(`write${record}`)
      }
    }
  }
  for (const operation of spec.operations) {
    const { type, read } = answerOf(spec, operation)
    if (type.startsWith('Multi') || type === 'undefined') continue
    for (const name of type.match(/[A-Z]\w*/g) ?? []) own.add(`type ${name}`)
    if (!read.includes('=>')) own.add(read)
  }
  const list = (names: Set<string>): string => [...names].sort(byName).join(',\n  ')
  return [
    `import { type MultiRequest, readMultiRequest, writeMultiRequest, type MultiResponse, readMultiResponse, writeMultiResponse } from '../multi.ts'`,
    `import { type AnyOperation, type Operation, readNothing, readVoid, writeNothing } from '../operation.ts'`,
    `import {\n  ${list(own)},\n} from './records.ts'`,
  ].join('\n')
}

function byName(a: string, b: string): number {
  const plain = (text: string): string => text.replace(/^type /, '')
  return plain(a) < plain(b) ? -1 : 1
}

/** multi and multiRead share one request codec. */
function multiName(record: string): string {
  return record === 'MultiReadRequest' ? 'MultiRequest' : record
}

function numberOf({ errors }: Spec, code: string): number {
  const row = errors.find(error => error.code === code)
  if (row === undefined) throw new Error(`errors.json: there is no error ${code}`)
  return row.number
}

/** Returns the type of a client's answer, and the function that reads it. */
function answerOf(spec: Spec, { name, response, answer }: OperationSpec): { type: string; read: string } {
  if (response === null) return { type: 'undefined', read: 'readVoid' }
  if (answer === undefined) return { type: response, read: `read${response}` }
  if (answer === null) return { type: 'undefined', read: `reader => void read${response}(reader)` }
  const fields = spec.records.find(record => record.name === response)?.fields ?? []
  const field = fields.find(each => each.name === answer)
  if (field === undefined) throw new Error(`operations.json: ${name}: ${response} has no field ${answer}`)
  const type = typeOfField(field)
  // A record that is the whole response is read without the object around it.
  const alone = fields.length === 1 && spec.records.some(record => record.name === field.type.name)
  return { type, read: alone ? `read${type}` : `reader => read${response}(reader).${answer}` }
}

function printOperation(spec: Spec, o: OperationSpec): string {
  const answer = answerOf(spec, o)
  const request = o.request === null ? null : multiName(o.request)
  const none = o.noneOn === undefined ? '' : ' | null'
  const codec = (verb: string, record: string | null): string =>
    record === null ? `${verb}Nothing` : `${verb}${record}`
  const fields = {
    name: `'${o.name}'`,
    code: o.code,
    kind: `'${o.kind}'`,
    watch: o.watch ? `'${o.watch}'` : 'null',
    noneOn: o.noneOn === undefined ? 0 : numberOf(spec, o.noneOn),
    xid: o.xid ?? 0,
    since: `'${o.since}'`,
    responsePaths: JSON.stringify(o.responsePaths ?? []).replaceAll('"', "'"),
    answer: o.response === null || o.answer === null ? 'null' : `'${o.answer ?? '*'}'`,
    writeRequest: codec('write', request),
    readRequest: codec('read', request),
    writeResponse: codec('write', o.response),
    readResponse: codec('read', o.response),
    readAnswer: answer.read,
  }
  const lines = Object.entries(fields).map(([key, value]) => `  ${key}: ${value},`)
  const types = [typeOf(request), `${typeOf(o.response)}${none}`, typeOf(o.response), `${answer.type}${none}`]
  const type = `Operation<${types.join(', ')}>`
  const name = constant(o.name)
  const value = `const ${name}: ${type} = {\n${lines.join('\n')}\n}`
  const doc = `/** ${o.doc} */`
  return name === o.name ? `${doc}\nexport ${value}` : `${doc}\n${value}\nexport { ${name} as ${o.name} }`
}
