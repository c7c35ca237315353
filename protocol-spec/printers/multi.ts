import { type OperationSpec, operationOf, type Spec } from './spec.ts'

/** Opcodes whose records are the same: one `case` of a switch, one member of a union. */
interface Group {
  readonly codes: number[]
  /** The record; null for a result without a body. */
  readonly record: string | null
}

/** Prints multi.ts: the parts of a multi, by the rows that have `multi`. */
export function printMulti(spec: Spec): string {
  const writes = requestGroups(spec, 'write')
  const reads = requestGroups(spec, 'read')
  const results = resultGroups(spec)
  const requests = [...writes, ...reads]
  const names = [...new Set([...requests, ...results].flatMap(({ record }) => record ?? []))].sort()
  const imports = [...names.flatMap(name => [`type ${name}`, `read${name}`, `write${name}`])]
  return [
    `import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'
import { ${imports.join(', ')}, readErrorResponse, writeErrorResponse } from './records.ts'`,
    `/** One operation of a multi. \`type\` is its opcode. */
export type MultiOperation =
${union(writes, 'request')}`,
    `/** One operation of a multiRead. */
export type MultiReadOperation =
${union(reads, 'request')}`,
    `/**
 * One result. Type 1 answers create and create2 alike, because a server chooses by the flags; 15 answers
 * createContainer and createTTL. -1 is a failure: of that operation in a multiRead, and of the whole in a multi,
 * where 0 marks operations before the one that failed and -2 (RuntimeInconsistency) those after it.
 */
export type MultiResult =
${union(results, 'response')}
  | { type: ${errorType(spec)}; err: number }`,
    `/** Writes the body of one operation, behind its header. */
export function writeMultiOperation(writer: Writer, operation: MultiOperation | MultiReadOperation): void {
  switch (operation.type) {
${requests.map(group => writeCase(group, 'operation.request')).join('\n')}
  }
}`,
    `/** Reads the body of one operation; null for an opcode that no multi takes. */
export function readMultiOperation(reader: Reader, type: number): MultiOperation | MultiReadOperation | null {
  switch (type) {
${requests.map(group => readCase(group, 'request')).join('\n')}
    default:
      return null
  }
}`,
    `/** Writes the body of one result, behind its header. */
export function writeMultiResult(writer: Writer, result: MultiResult): void {
  switch (result.type) {
${results.map(group => writeCase(group, 'result.response')).join('\n')}
    case ${errorType(spec)}:
      return writeErrorResponse(writer, result)
  }
}`,
    `/** Reads the body of one result; null for a type that no result has. */
export function readMultiResult(reader: Reader, type: number): MultiResult | null {
  switch (type) {
${results.map(group => readCase(group, 'response')).join('\n')}
    case ${errorType(spec)}:
      return { type, err: readErrorResponse(reader).err }
    default:
      return null
  }
}`,
  ].join('\n\n')
}

/** Prints multi-layouts.ts: the layouts of a multi's parts, by type. */
export function printMultiLayouts(spec: Spec): string {
  const requests = [...requestGroups(spec, 'write'), ...requestGroups(spec, 'read')]
  const results: Group[] = [...resultGroups(spec), { codes: [errorType(spec)], record: 'ErrorResponse' }]
  const names = new Set([...requests, ...results].flatMap(({ record }) => record ?? []))
  return [
    `import type { Layout } from '../layout/types.ts'
import { ${[...names]
      .map(name => `${name}Layout`)
      .sort()
      .join(', ')} } from './layouts.ts'`,
    `/** The layouts of the operations of a multi or multiRead, by opcode. */
export const multiRequestLayouts: ReadonlyMap<number, Layout<unknown>> = new Map<number, Layout<unknown>>([
${rows(requests)}
])`,
    `/** The layouts of the results, by type; null where a result has no body. */
export const multiResultLayouts: ReadonlyMap<number, Layout<unknown> | null> = new Map<number, Layout<unknown> | null>([
${rows(results)}
])`,
  ].join('\n\n')
}

function rows(groups: readonly Group[]): string {
  const pairs = groups.flatMap(({ codes, record }) =>
    codes.map((code): [number, string | null] => [code, record]),
  )
  pairs.sort(([a], [b]) => a - b)
  return pairs
    .map(([code, record]) => `  [${code}, ${record === null ? 'null' : `${record}Layout`}],`)
    .join('\n')
}

function requestGroups({ operations }: Spec, kind: 'write' | 'read'): Group[] {
  return grouped(
    operations.filter(({ multi }) => multi === kind),
    operation => operation.request,
  )
}

/** Groups the results of a multi. An operation that is answered as another one has none: a server answers a createTTL as create2. */
function resultGroups(spec: Spec): Group[] {
  const answering = spec.operations.filter(({ multi, answeredAs }) => {
    if (answeredAs !== undefined) operationOf(spec, answeredAs)
    return multi !== undefined && answeredAs === undefined
  })
  return grouped(answering, operation => operation.response)
}

function grouped(operations: OperationSpec[], recordOf: (row: OperationSpec) => string | null): Group[] {
  const groups = new Map<string | null, number[]>()
  for (const operation of operations) {
    const record = recordOf(operation)
    groups.set(record, [...(groups.get(record) ?? []), operation.code])
  }
  return [...groups].map(([record, codes]) => ({ record, codes }))
}

function errorType({ constants }: Spec): number {
  return constants.find(({ name }) => name === 'ServerOpCode')!.values.error!
}

function union(groups: readonly Group[], field: string): string {
  return groups
    .map(({ codes, record }) => `  | { type: ${codes.join(' | ')}; ${field}: ${record} }`)
    .join('\n')
}

function cases({ codes }: Group): string {
  return codes.map(code => `    case ${code}:`).join('\n')
}

function writeCase(group: Group, value: string): string {
  const body = group.record === null ? 'return' : `return write${group.record}(writer, ${value})`
  return `${cases(group)}\n      ${body}`
}

function readCase(group: Group, field: string): string {
  const value = group.record === null ? 'null' : `read${group.record}(reader)`
  return `${cases(group)}\n      return { type, ${field}: ${value} }`
}
