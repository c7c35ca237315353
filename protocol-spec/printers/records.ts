import type { Field, JuteType, RecordSpec, Spec } from './spec.ts'

/** Bytes of the types whose size never varies. */
const FIXED: Record<string, number> = { boolean: 1, int: 4, long: 8 }
const PRIMITIVES: Record<string, string> = {
  boolean: 'boolean',
  int: 'number',
  long: 'bigint',
  ustring: 'string',
  buffer: 'Buffer',
}

/** Prints records.ts: an interface, a reader and a writer for each record. */
export function printRecords(spec: Spec): string {
  const records = new Map(spec.records.map(record => [record.name, record]))
  const sent = new Set(['ConnectRequest', 'CheckVersionRequest', ...spec.operations.map(o => o.request)])
  const bodies = spec.records.map(record => {
    return [
      printInterface(record, sent.has(record.name)),
      printReader(record, records),
      printWriter(record),
    ].join('\n\n')
  })
  return [IMPORTS, ...bodies].join('\n\n')
}

const IMPORTS = `import { jsonOf } from '../json.ts'
import { HIGH, halves, LOW, setLongAt, setLongNumberAt, stagedLongs, TWO_32 } from '../longs.ts'
import type { Reader } from '../reader.ts'
import type { Writer } from '../writer.ts'`

type Records = ReadonlyMap<string, RecordSpec>

/** Prints the interface of a record. A record that clients send takes any bytes and read-only lists; one that they receive has
 * Buffers. */
function printInterface(record: RecordSpec, sent: boolean): string {
  const lines = record.fields.map(field => {
    const type = tsType(field, sent)
    const full = field.nullable ? `${type} | null` : type
    const name = `${field.name}${field.optional ? '?' : ''}`
    return `  /** ${field.doc} */\n  ${name}: ${full}${field.optional ? ' | undefined' : ''}`
  })
  return `/** ${record.doc} */\nexport interface ${record.name} {\n${lines.join('\n')}\n}`
}

/** Returns the TypeScript type of a field of a record that clients receive. */
export function typeOfField(field: Field): string {
  return `${tsType(field, false)}${field.nullable ? ' | null' : ''}`
}

function tsType({ type, number }: Field, sent: boolean): string {
  if (type.element) return `${sent ? 'readonly ' : ''}${PRIMITIVES[type.element.name] ?? type.element.name}[]`
  if (number) return 'number'
  if (type.name === 'buffer') return sent ? 'Uint8Array' : 'Buffer'
  return PRIMITIVES[type.name] ?? type.name
}

/** Returns the fewest bytes that a value can take: what bounds a vector's count. */
function leastSize(type: JuteType, records: Records): number {
  if (type.element) return 4
  const record = records.get(type.name)
  if (!record) return FIXED[type.name] ?? 4
  return record.fields.reduce((sum, f) => sum + (f.optional ? 0 : leastSize(f.type, records)), 0)
}

/** Tells whether a field has a fixed size. A run of such fields is claimed with one bounds check. */
function isFixed(field: Field): boolean {
  return field.type.name in FIXED && !field.optional
}

interface Run {
  fields: Field[]
  /** 0 for a single field of varying size. */
  size: number
}

function runsOf(record: RecordSpec): Run[] {
  const runs: Run[] = []
  for (const field of record.fields) {
    const last = runs.at(-1)
    const size = FIXED[field.type.name] ?? 0
    if (!isFixed(field)) runs.push({ fields: [field], size: 0 })
    else if (last && last.size > 0) {
      last.fields.push(field)
      last.size += size
    } else runs.push({ fields: [field], size })
  }
  return runs
}

function printReader(record: RecordSpec, records: Records): string {
  const head = `/** Reads one \`${record.name}\`. */
export function read${record.name}(reader: Reader): ${record.name} {`
  const runs = runsOf(record)
  const only = runs[0]
  if (runs.length === 1 && only && only.size > 0) {
    return only.fields.some(isBigint) ? printClass(record, only) : printFixedReader(head, only)
  }
  const values = record.fields.map(field => `    ${field.name}: ${readField(field, records)},`)
  return [head, '  return {', ...values, '  }', '}'].join('\n')
}

/** Prints the reader of a record that has a fixed size and nothing that JSON does not have. */
function printFixedReader(head: string, run: Run): string {
  const values = atOffsets(run, (field, at) => `    ${field.name}: ${readFixed(field, at)},`)
  const isPlain = run.fields.every(field => field.type.name === 'boolean')
  const view = isPlain ? [] : ['  const view = reader.view']
  return [head, ...view, `  const at = reader.take(${run.size})`, '  return {', ...values, '  }', '}'].join(
    '\n',
  )
}

/** The records that others make as well: caches keep Stats packed. */
const MADE_ELSEWHERE: ReadonlySet<string> = new Set(['Stat'])

/**
 * Prints the class and the reader of a record that has a fixed size and a bigint. A class because a method of its own
 * turns it into JSON. The constructor gets the values and does nothing else: V8 inlines it then, and a Stat takes 3 to 5 ns
 * more than as an object literal (`pnpm bench:codec`).
 */
function printClass({ name }: RecordSpec, run: Run): string {
  const longs = run.fields.filter(isBigint)
  const stages = atOffsets(run, (field, at) => {
    return isBigint(field) ? stageLong(at, longs.indexOf(field)) : []
  })
  const values = atOffsets(run, (field, at) => {
    return isBigint(field) ? `stagedLongs[${longs.indexOf(field)}]!` : readFixed(field, at)
  })
  const fields = run.fields.map(field => `${field.name}: ${tsType(field, false)}`)
  return [
    `/** A \`${name}\` that was read. In JSON its 64-bit fields are decimal text. */`,
    `${MADE_ELSEWHERE.has(name) ? 'export ' : ''}class ${name}Record implements ${name} {`,
    '  /** The name that `util.inspect` shows. */',
    `  static readonly name = '${name}'`,
    ...fields.map(field => `  declare ${field}`),
    '',
    '  constructor(',
    ...fields.map(field => `    ${field},`),
    '  ) {',
    ...run.fields.map(field => `    this.${field.name} = ${field.name}`),
    '  }',
    '',
    '  toJSON(): Record<string, unknown> {',
    '    return jsonOf(this)',
    '  }',
    '}',
    '',
    `/** Reads one \`${name}\`. */`,
    `export function read${name}(reader: Reader): ${name} {`,
    '  const view = reader.view',
    `  const at = reader.take(${run.size})`,
    ...stages.flat(),
    `  return new ${name}Record(`,
    ...values.map(value => `    ${value},`),
    '  )',
    '}',
  ].join('\n')
}

function isBigint(field: Field): boolean {
  return field.type.name === 'long' && !field.number
}

/**
 * Prints the lines that stage a long: they write its halves, and a later line takes the bigint (see longs.ts). All longs of
 * a record are staged before the first is taken, because a processor that reads 64 bits has to wait for two 32-bit writes
 * just before. The lines are printed in place of calls because V8 does not inline that many calls (a getData at 1000 in
 * flight: 0.43 us with calls, 0.36 without; `pnpm bench:codec`).
 */
function stageLong(at: string, stage: number): string[] {
  const slot = stage === 0 ? '' : `${stage * 2} + `
  return [
    `  halves[${slot}HIGH] = view.getInt32(${at})`,
    `  halves[${slot}LOW] = view.getInt32(${plus(at, 4)})`,
  ]
}

/** Adds to an offset: `at + 8` and 4 make `at + 12`. */
function plus(at: string, more: number): string {
  const [name, offset = '0'] = at.split(' + ')
  return `${name} + ${Number(offset) + more}`
}

function atOffsets<Printed>(run: Run, print: (field: Field, at: string) => Printed): Printed[] {
  let offset = 0
  return run.fields.map(field => {
    const at = offset === 0 ? 'at' : `at + ${offset}`
    offset += FIXED[field.type.name]!
    return print(field, at)
  })
}

function readFixed(field: Field, at: string): string {
  if (field.number) return `view.getInt32(${at}) * TWO_32 + view.getUint32(${plus(at, 4)})`
  if (field.type.name === 'int') return `view.getInt32(${at})`
  return `reader.bytes[${at}] !== 0`
}

function capitalised(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}

/** Returns the method of Reader and Writer for a field: it has the same name in both. */
function method(field: Field): string | null {
  const { name } = field.type
  if (name === 'long' && field.number) return 'longNumber'
  if (!(name in PRIMITIVES) && name !== 'vector') return null
  if (field.type.element?.name === 'ustring') {
    if (field.nullable || field.optional)
      throw new Error(`${field.name}: a list of strings that can be missing`)
    return 'ustringVector'
  }
  if (field.optional) return `optional${capitalised(name)}`
  return field.nullable ? `nullable${capitalised(name)}` : name
}

function readField(field: Field, records: Records): string {
  const name = method(field)
  if (name === null) return `read${field.type.name}(reader)`
  const { element } = field.type
  if (!element || name === 'ustringVector') return `reader.${name}()`
  return `reader.${name}(read${element.name}, ${leastSize(element, records)})`
}

function printWriter(record: RecordSpec): string {
  const lines = runsOf(record).flatMap((run, index) =>
    run.fields.length > 1 ? writeRun(run, index) : run.fields.map(field => `  ${writeField(field)}`),
  )
  return [
    `/** Writes one \`${record.name}\`. */`,
    `export function write${record.name}(writer: Writer, value: ${record.name}): void {`,
    ...lines,
    '}',
  ].join('\n')
}

function writeRun(run: Run, index: number): string[] {
  const name = index === 0 ? 'at' : `at${index}`
  return [
    `  const ${name} = writer.take(${run.size})`,
    ...atOffsets(run, (field, at) => `  ${writeFixed(field, at.replace(/^at/, name))}`),
  ]
}

function writeFixed(field: Field, at: string): string {
  const value = `value.${field.name}`
  if (field.number) return `setLongNumberAt(writer.view, ${at}, ${value})`
  if (field.type.name === 'long') return `setLongAt(writer.view, ${at}, ${value})`
  if (field.type.name === 'int') return `writer.view.setInt32(${at}, ${value})`
  return `writer.bytes[${at}] = ${value} ? 1 : 0`
}

function writeField(field: Field): string {
  const name = method(field)
  const value = `value.${field.name}`
  if (name === null) return `write${field.type.name}(writer, ${value})`
  const { element } = field.type
  if (!element || name === 'ustringVector') return `writer.${name}(${value})`
  return `writer.${name}(${value}, write${element.name})`
}
