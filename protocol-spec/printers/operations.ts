import type { OperationSpec, Spec } from './spec.ts'

/** Prints operations.ts: one value for each row of operations.json. */
export function printOperations(spec: Spec): string {
  const rows = spec.operations.map(operation => printOperation(operation))
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

/** `delete` is no name for a binding. */
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
  const list = (names: Set<string>): string => [...names].sort(byName).join(',\n  ')
  return [
    `import { type MultiRequest, readMultiRequest, writeMultiRequest, type MultiResponse, readMultiResponse, writeMultiResponse } from '../multi.ts'`,
    `import { type AnyOperation, type Operation, readNothing, writeNothing } from '../operation.ts'`,
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

function printOperation(o: OperationSpec): string {
  const request = o.request === null ? null : multiName(o.request)
  const none = o.noneOn === undefined ? '' : ' | null'
  const codec = (verb: string, record: string | null): string =>
    record === null ? `${verb}Nothing` : `${verb}${record}`
  const fields = {
    name: `'${o.name}'`,
    code: o.code,
    kind: `'${o.kind}'`,
    watch: o.watch ? `'${o.watch}'` : 'null',
    noneOn: o.noneOn ?? 0,
    xid: o.xid ?? 0,
    since: `'${o.since}'`,
    requestPaths: JSON.stringify(o.paths?.request ?? []).replaceAll('"', "'"),
    responsePaths: JSON.stringify(o.paths?.response ?? []).replaceAll('"', "'"),
    writeRequest: codec('write', request),
    readRequest: codec('read', request),
    writeResponse: codec('write', o.response),
    readResponse: codec('read', o.response),
  }
  const lines = Object.entries(fields).map(([key, value]) => `  ${key}: ${value},`)
  const type = `Operation<${typeOf(request)}, ${typeOf(o.response)}${none}, ${typeOf(o.response)}>`
  const name = constant(o.name)
  const value = `const ${name}: ${type} = {\n${lines.join('\n')}\n}`
  const doc = `/** ${o.doc} */`
  return name === o.name ? `${doc}\nexport ${value}` : `${doc}\n${value}\nexport { ${name} as ${o.name} }`
}
