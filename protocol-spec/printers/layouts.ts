import type { Field, RecordSpec, Spec } from './spec.ts'

/** Prints layouts.ts: a buffer-layout layout for each record. */
export function printLayouts(spec: Spec): string {
  const names = spec.records.map(record => record.name)
  const factories = new Set(spec.records.flatMap(record => record.fields.flatMap(factoriesOf)))
  const containers = [...factories].filter(name => /vector$/i.test(name)).sort()
  const fields = [...factories].filter(name => !containers.includes(name)).sort()
  return [
    [
      `import { ${[...containers, 'record'].sort().join(', ')} } from '../layout/containers.ts'`,
      `import { ${fields.join(', ')} } from '../layout/fields.ts'`,
      `import type { RecordLayout } from '../layout/types.ts'`,
      `import type { ${names.join(', ')} } from './records.ts'`,
    ].join('\n'),
    ...spec.records.map(printLayout),
  ].join('\n\n')
}

/** Prints operation-layouts.ts: the layouts of each operation's bodies. */
export function printOperationLayouts(spec: Spec): string {
  const byHand = spec.operations.filter(operation => operation.handWritten)
  const printed = spec.operations.filter(operation => !operation.handWritten)
  const rows = spec.operations.map(({ code, name, request, response }) => {
    return `  [${code}, { name: '${name}', request: ${layoutOf(request)}, response: ${layoutOf(response)} }],`
  })
  return [
    [
      `import { ${layoutNames(byHand).join(', ')} } from '../layout/multi.ts'`,
      `import type { OperationLayouts } from '../layout/types.ts'`,
      `import { ${layoutNames(printed).join(', ')} } from './layouts.ts'`,
    ].join('\n'),
    `/** The layouts of each operation's bodies, by opcode. */
export const operationLayouts: ReadonlyMap<number, OperationLayouts> = new Map<number, OperationLayouts>([
${rows.join('\n')}
])`,
  ].join('\n\n')
}

function layoutNames(operations: Spec['operations']): string[] {
  const bodies = operations.flatMap(({ request, response }) => [request, response])
  return [...new Set(bodies.filter(body => body !== null).map(layoutOf))].sort()
}

/** multi and multiRead share one request layout. */
function layoutOf(body: string | null): string {
  return body === null ? 'null' : `${body === 'MultiReadRequest' ? 'MultiRequest' : body}Layout`
}

function printLayout({ name, doc, fields }: RecordSpec): string {
  const secrets = fields.filter(field => field.secret).map(field => `'${field.name}'`)
  const list = fields.map(field => printField(field)).join(', ')
  const last = secrets.length === 0 ? '' : `, [${secrets.join(', ')}]`
  return `/** ${doc} */
export const ${name}Layout: RecordLayout<${name}> = record<${name}>('${name}', [${list}]${last})`
}

function printField(field: Field): string {
  const { name } = field
  const factory = factoryOf(field)
  const { element } = field.type
  if (element)
    return `${factory}(${element.name === 'ustring' ? 'ustring()' : `${element.name}Layout`}, '${name}')`
  return factory === null ? `${field.type.name}Layout.replicate('${name}')` : `${factory}('${name}')`
}

const FACTORIES = new Set(['boolean', 'int', 'long', 'ustring', 'buffer', 'vector'])

/** Returns the function that makes a field's layout; null where it is a record. */
function factoryOf({ type, number, optional, nullable }: Field): string | null {
  if (!FACTORIES.has(type.name)) return null
  if (number) return 'longNumber'
  const prefix = optional ? 'optional' : nullable ? 'nullable' : ''
  return prefix === '' ? type.name : `${prefix}${type.name[0]!.toUpperCase()}${type.name.slice(1)}`
}

function factoriesOf(field: Field): string[] {
  const factory = factoryOf(field)
  const element = field.type.element?.name === 'ustring' ? ['ustring'] : []
  return factory === null ? element : [factory, ...element]
}
