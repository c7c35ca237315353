import {
  type CommentDisplayPart,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
  ReflectionType,
  type SomeType,
} from 'typedoc'

const OPTIONS = /(Options|Limits)$/
/** Classes whose names end as those of events do. */
const ITERATORS = /^(PulledEvents|EventQueue)$/
const EVENTS = /(Events?|Change|Trace)$/

/** Escapes what Markdown or Vue would take for markup. */
const escaped = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;')

/** Returns a docstring as the cell of a table: one line. */
function cell(parts: readonly CommentDisplayPart[] | undefined): string {
  const text = (parts ?? []).map(part => (part.kind === 'code' ? part.text : escaped(part.text))).join('')
  return text
    .replaceAll(/\n\n?- /g, '<br>')
    .replaceAll('\n', ' ')
    .trim()
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``

/** Returns the properties of an interface, or of a type that is made of literals. */
function propertiesOf(declaration: DeclarationReflection): DeclarationReflection[] {
  if (declaration.children) return declaration.children
  const { type } = declaration
  const parts = type?.type === 'intersection' ? type.types : type ? [type] : []
  return parts.flatMap(part => (part instanceof ReflectionType ? (part.declaration.children ?? []) : []))
}

function propertyRow(property: DeclarationReflection): string {
  const [signature] = property.signatures ?? []
  const type = property.type?.toString() ?? (signature ? 'function' : '')
  const summary = (property.comment ?? signature?.comment)?.summary
  return `| ${code(property.name)} | ${code(type)} | ${cell(summary)} |`
}

function properties(declaration: DeclarationReflection): string[] {
  const rows = propertiesOf(declaration).map(propertyRow)
  return rows.length === 0 ? [] : ['| name | type | |', '|---|---|---|', ...rows, '']
}

/** Returns the members of a union of events, each with its own docstring. */
function members(type: SomeType | undefined): string[] {
  if (type?.type !== 'union') return type && type.type !== 'reflection' ? [code(type.toString()), ''] : []
  const rows = type.types.map((member, index) => {
    const shape =
      member instanceof ReflectionType
        ? (member.declaration.children ?? []).map(each => `${each.name}: ${each.type}`).join('; ')
        : member.toString()
    return `| ${code(shape)} | ${cell(type.elementSummaries?.[index])} |`
  })
  return ['| event | |', '|---|---|', ...rows, '']
}

/** Lists the interfaces and types of a module whose name matches, sorted; those of another module stand there. */
function declared(module: DeclarationReflection, names: RegExp): DeclarationReflection[] {
  const kinds = ReflectionKind.Interface | ReflectionKind.TypeAlias | ReflectionKind.Class
  return (module.children ?? []).filter(
    each => each.kindOf(kinds) && names.test(each.name) && !ITERATORS.test(each.name),
  )
}

/** Returns a section for each module, with a table for each of its types. */
function page(project: ProjectReflection, head: string, names: RegExp): string {
  const sections = (project.children ?? []).map(module => {
    const tables = declared(module, names).map(each => {
      const rows = [...properties(each), ...(each.kindOf(ReflectionKind.TypeAlias) ? members(each.type) : [])]
      const text = (each.comment?.summary ?? []).map(part =>
        part.kind === 'code' ? part.text : part.text.replaceAll('<', '&lt;'),
      )
      return [`### ${each.name}`, '', text.join(''), '', ...rows].join('\n')
    })
    return tables.length === 0 ? [] : [`## @zookit/${module.name}`, '', ...tables].join('\n')
  })
  return `${head}\n${sections.flat().join('\n')}\n`
}

/** Returns the page of every option, from the declarations and their docstrings. */
export function optionsPage(project: ProjectReflection): string {
  const head = `# Every option

Each type of options that a package exports, from its declaration and docstring. Times are in milliseconds. [The client](../client.md#options)
and the page of each [recipe](../recipes/index.md) say how they are used.
`
  return page(project, head, OPTIONS)
}

/** Returns the page of every event and every message of a diagnostics channel. */
export function eventsPage(project: ProjectReflection): string {
  const head = `# Every event

What listeners, watches, caches and other live views tell, and the messages of the [diagnostics channels](../connection.md#diagnostics)
(\`Trace\`), from the declarations and their docstrings.
`
  return page(project, head, EVENTS)
}
