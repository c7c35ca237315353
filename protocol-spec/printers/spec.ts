import { readFileSync } from 'node:fs'

/** A jute type: `int`, `long`, `ustring`, `buffer`, `boolean`, the name of a class, or a vector of one of them. */
export interface JuteType {
  name: string
  element: JuteType | null
}

export interface Field {
  name: string
  doc: string
  type: JuteType
  number: boolean
  nullable: boolean
  optional: boolean
  secret: boolean
}

export interface RecordSpec {
  name: string
  doc: string
  fields: Field[]
}

export interface OperationSpec {
  code: number
  name: string
  doc: string
  /** The name of the record; null for none. */
  request: string | null
  response: string | null
  /** The fields of the response that are paths. */
  responsePaths?: string[]
  /** The field of the response that a client answers with; null for none, the whole response if absent. */
  answer?: string | null
  /** The client's method that sends it; null for none, the operation's own name if absent. */
  method?: string | null
  kind: 'read' | 'write' | 'session'
  watch?: 'data' | 'exist' | 'child' | 'mode'
  /** The code of the error that is an answer: null. */
  noneOn?: string
  xid?: number
  /** The kind of multi that takes it: multi (`write`) or multiRead (`read`). */
  multi?: 'write' | 'read'
  /** The operation whose result answers it in a multi; itself if absent. */
  answeredAs?: string
  handWritten?: boolean
  since: string
}

/** A record within a row of operations.json. Its fields are lines of jute. */
interface BodyRow {
  name: string
  /** The docstring. Default: the operations whose request or reply the record is. */
  doc?: string
  fields: readonly string[]
}

/** The record of a request or a reply: its fields alone if its name is the usual one, or the name of a record that stands elsewhere. */
type Body = BodyRow | readonly string[] | string | null

/** A row of operations.json. The first row that uses a record has it, and the later ones name it. */
interface OperationRow extends Omit<OperationSpec, 'request' | 'response'> {
  request: Body
  response: Body
}

interface ErrorSpec {
  number: number
  code: string
  name: string
  message: string
  scope: string
  retryable: boolean
  outcome: 'rejected' | 'not-sent' | 'unknown'
}

export interface ConstantSpec {
  name: string
  doc: string
  values: Record<string, number>
}

/** Everything that protocol-spec says. */
export interface Spec {
  records: RecordSpec[]
  operations: OperationSpec[]
  errors: ErrorSpec[]
  constants: ConstantSpec[]
}

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

/** Reads and checks protocol-spec's data files. */
export function loadSpec(): Spec {
  const rows = (JSON.parse(read('operations.json')) as OperationRow[]).map(withNames)
  const spec: Spec = {
    records: [...parseJute(read('records.jute')), ...rows.flatMap(row => recordsOf(row, rows))],
    operations: rows.map(row => ({ ...row, request: nameOf(row.request), response: nameOf(row.response) })),
    errors: JSON.parse(read('errors.json')) as ErrorSpec[],
    constants: JSON.parse(read('constants.json')) as ConstantSpec[],
  }
  checkOperations(spec)
  return spec
}

/** A row whose records have their names. */
interface NamedRow extends OperationRow {
  request: BodyRow | string | null
  response: BodyRow | string | null
}

/** Gives the records that stand in a row as fields alone their names: `GetDataRequest` and `GetDataResponse` for getData. */
function withNames(row: OperationRow): NamedRow {
  const prefix = `${row.name[0]!.toUpperCase()}${row.name.slice(1)}`
  const named = (body: Body, suffix: string): BodyRow | string | null =>
    Array.isArray(body) ? { name: `${prefix}${suffix}`, fields: body } : (body as BodyRow | string | null)
  return { ...row, request: named(row.request, 'Request'), response: named(row.response, 'Response') }
}

function nameOf(body: BodyRow | string | null): string | null {
  return typeof body === 'object' && body !== null ? body.name : body
}

/** Parses the records that stand within a row. */
function recordsOf(row: NamedRow, rows: readonly NamedRow[]): RecordSpec[] {
  return (['request', 'response'] as const).flatMap(part => {
    const body = row[part]
    if (typeof body !== 'object' || body === null) return []
    const users = rows.filter(each => nameOf(each[part]) === body.name).map(({ name }) => name)
    const doc = body.doc ?? `The ${part === 'request' ? part : 'reply'} of ${listed(users)}.`
    return { name: body.name, doc, fields: body.fields.map(line => fieldOf(line, row.name)) }
  })
}

function fieldOf(line: string, operation: string): Field {
  const field = FIELD.exec(line)
  if (field === null) throw new Error(`operations.json: ${operation}: not a field in jute: ${line}`)
  return parseField(field)
}

/** Lists words as English does: `a, b and c`. */
function listed(words: readonly string[]): string {
  return words.join(', ').replace(/, ([^,]+)$/, ' and $1')
}

const CLASS = /^class (\w+) \{$/
const FIELD = /^([\w<>]+) (\w+);\s*(?:\/\/\s*(.*))?$/
const COMMENT = /^\/\/ ?(.*)$/
const IGNORED = /^(module [\w.]+ \{|)$/

/** Parses the part of jute's interface language that ZooKeeper uses: modules of classes of fields. */
function parseJute(text: string): RecordSpec[] {
  const records: RecordSpec[] = []
  let current: RecordSpec | null = null
  let comment = ''
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    const opening = CLASS.exec(line)
    const field = FIELD.exec(line)
    const note = COMMENT.exec(line)
    const above = comment
    comment = note?.[1] ?? ''
    if (note) continue
    if (opening) {
      if (above === '') throw new Error(`records.jute:${index + 1}: ${opening[1]} lacks a comment`)
      current = { name: opening[1]!, doc: above, fields: [] }
      records.push(current)
    } else if (field && current) {
      current.fields.push(parseField(field))
    } else if (line === '}') {
      current = null
    } else if (!IGNORED.test(line)) {
      throw new Error(`records.jute:${index + 1}: neither a class nor a field: ${line}`)
    }
  }
  return records
}

function parseField([, type, name, notes = '']: RegExpExecArray): Field {
  const known = new Set(['@number', '@nullable', '@optional', '@secret'])
  const words = notes.split(/\s+/)
  const tags = words.filter(word => word.startsWith('@'))
  const doc = words.filter(word => !word.startsWith('@')).join(' ')
  if (doc === '') throw new Error(`protocol-spec: the field ${name} lacks a comment`)
  for (const tag of tags)
    if (!known.has(tag)) throw new Error(`protocol-spec: the field ${name}: unknown ${tag}`)
  const has = (tag: string): boolean => tags.includes(tag)
  return {
    name: name!,
    doc,
    type: parseType(type!),
    number: has('@number'),
    nullable: has('@nullable'),
    optional: has('@optional'),
    secret: has('@secret'),
  }
}

function parseType(text: string): JuteType {
  const vector = /^vector<(.+)>$/.exec(text)
  return vector ? { name: 'vector', element: parseType(vector[1]!) } : { name: text, element: null }
}

/** Returns the row of an operation. */
export function operationOf(spec: Spec, name: string): OperationSpec {
  const row = spec.operations.find(operation => operation.name === name)
  if (row === undefined) throw new Error(`operations.json: there is no operation ${name}`)
  return row
}

function checkOperations({ records, operations }: Spec): void {
  const names = new Set(records.map(record => record.name))
  if (names.size < records.length) throw new Error('protocol-spec: two records have the same name')
  const codes = new Set<number>()
  for (const operation of operations) {
    if (codes.has(operation.code))
      throw new Error(`operations.json: two rows have the code ${operation.code}`)
    codes.add(operation.code)
    for (const record of [operation.request, operation.response]) {
      if (record !== null && !operation.handWritten && !names.has(record)) {
        throw new Error(`operations.json: ${operation.name}: no record ${record}`)
      }
    }
  }
}
