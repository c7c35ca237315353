import { dirname, join } from 'node:path'
import { forModules, withoutPrivates } from './declarations.ts'

/** Reads a file of declarations, given its path. */
export type ReadFile = (path: string) => string

/** Takes out comments and what is private: neither is part of what a program compiles against. */
function bare(declarations: string): string {
  return forModules(withoutPrivates(declarations))
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/^ +private .*$/gm, '')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{2,}/g, '\n')
    .trim()
}

/** Splits declarations as the compiler writes them: a statement begins at the margin, and so does the brace that ends it. */
function statementsOf(text: string): string[] {
  return bare(text).split(/\n(?=[^\s}\])>|&])/)
}

const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|const|let|enum|namespace) ([\w$]+)/
const REEXPORT = /^export (?:type )?(?:\{([\s\S]*)\}|(\*)(?: as [\w$]+)?) from ['"](.*)['"];?$/
const IMPORT = /^import (?:type )?\{([\s\S]*)\} from ['"](.*)['"];?$/
const LIST = /^export (?:type )?\{([\s\S]*)\};?$/

/** Returns the pairs of a list such as `A, type B as C`: the name inside, and the one outside. */
function pairsOf(list: string): [inner: string, outer: string][] {
  const items = list.split(',').map(item => item.trim().replace(/^type /, ''))
  return items
    .filter(item => item !== '')
    .map(item => {
      const [inner, outer = inner] = item.split(' as ')
      return [inner!, outer!]
    })
}

/** Writes the export of a name that another package declares. */
const fromElsewhere = (inner: string, outer: string, from: string): string =>
  `export { ${inner === outer ? inner : `${inner} as ${outer}`} } from '${from}'`

/** A declaration as text, and the module that it stands in; null for one of another package. */
interface Declaration {
  readonly text: string
  readonly module: Module | null
}

/** The declarations of one module, and those of the modules whose names it passes on. */
class Module {
  readonly #path: string
  readonly #read: ReadFile
  readonly #statements: readonly string[]

  constructor(path: string, read: ReadFile) {
    this.#path = path
    this.#read = read
    this.#statements = statementsOf(read(path))
  }

  /** Returns the declaration of each exported name; of one from another package, where it comes from. */
  exports(): Map<string, Declaration> {
    const found = new Map<string, Declaration>()
    for (const statement of this.#statements) {
      for (const [name, declaration] of this.#exportsOf(statement)) found.set(name, declaration)
    }
    return found
  }

  /** Returns the declaration of a name that this module declares or imports from its package; null for every other one. */
  local(name: string): Declaration | null {
    const own = this.#own(name)
    if (own) return own
    for (const statement of this.#statements) {
      const [, list = '', from = ''] = IMPORT.exec(statement) ?? []
      const pair = pairsOf(list).find(([, outer]) => outer === name)
      if (pair && from.startsWith('.')) return this.#inner(from).exports().get(pair[0]) ?? null
    }
    return null
  }

  #exportsOf(statement: string): Iterable<[string, Declaration]> {
    const again = REEXPORT.exec(statement)
    if (again) return this.#passedOn(again[1], again[3]!)
    const list = LIST.exec(statement)
    if (list) return pairsOf(list[1]!).map(([inner, outer]) => [outer, this.#named(inner)])
    const declared = DECLARED.exec(statement)
    if (!declared || !statement.startsWith('export ')) return []
    return [[declared[1]!, this.#named(declared[1]!)]]
  }

  #passedOn(list: string | undefined, from: string): Iterable<[string, Declaration]> {
    const elsewhere = (inner: string, outer: string): Declaration => ({
      text: fromElsewhere(inner, outer, from),
      module: null,
    })
    if (!from.startsWith('.')) {
      const pairs = list === undefined ? ([['*', '*']] as const) : pairsOf(list)
      return pairs.map(([inner, outer]) => [outer, elsewhere(inner, outer)])
    }
    const inner = this.#inner(from).exports()
    if (list === undefined) return inner
    return pairsOf(list).map(([name, outer]) => [outer, inner.get(name) ?? elsewhere(name, outer)])
  }

  #inner(from: string): Module {
    return new Module(join(dirname(this.#path), from.replace(/\.[jt]s$/, '.d.ts')), this.#read)
  }

  /** Returns all declarations of a name: the overloads of a function, and an interface beside a constant. */
  #own(name: string): Declaration | null {
    const own = this.#statements.filter(statement => DECLARED.exec(statement)?.[1] === name)
    return own.length === 0 ? null : { text: own.join('\n'), module: this }
  }

  #named(name: string): Declaration {
    const own = this.#own(name)
    if (own) return own
    const imports = this.#statements.filter(each => each.startsWith('import ') && each.includes(name))
    const from = /from ['"](.*)['"]/.exec(imports[0] ?? '')?.[1]
    if (from === undefined) throw new Error(`${this.#path} exports ${name} and does not declare it`)
    return [...this.#passedOn(name, from)][0]![1]
  }
}

/** Lists the types from which a declaration takes members: its bases, and those of which it takes one by its name. */
function sourcesOf(text: string): string[] {
  const [, bases = ''] = /^[^{]*? (?:extends|implements) ([^{]*)\{/.exec(text) ?? []
  const taken = [...text.matchAll(/\b([A-Z]\w*)\['/g)].map(([, name]) => name!)
  return [...(bases.match(/\b[A-Z]\w*/g) ?? []), ...taken]
}

/** Finds the types that are not exported, and from which exported ones take members. */
function unexported(exported: ReadonlyMap<string, Declaration>): Map<string, Declaration> {
  const seen = new Set([...exported.values()].map(({ text }) => text))
  const found = new Map<string, Declaration>()
  const left = [...exported.values()]
  for (let each = left.pop(); each; each = left.pop()) {
    for (const name of sourcesOf(each.text)) {
      const inner = found.has(name) ? null : (each.module?.local(name) ?? null)
      if (inner?.module == null || seen.has(inner.text)) continue
      seen.add(inner.text)
      found.set(name, inner)
      left.push(inner)
    }
  }
  return found
}

/** Prints declarations, sorted by name. */
function print(declarations: ReadonlyMap<string, Declaration>): string {
  const sorted = [...declarations].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted
    .map(([name, { text }]) =>
      [undefined, name].includes(DECLARED.exec(text)?.[1]) ? text : `// as ${name}\n${text}`,
    )
    .join('\n\n')
}

/** Returns the public surface of an entry as text: each exported name with its declaration, and what these inherit. */
export function surfaceOf(entry: string, read: ReadFile): string {
  const exported = new Module(entry, read).exports()
  const inner = unexported(exported)
  const rest = inner.size === 0 ? '' : `\n\n// Not exported: what those above inherit.\n\n${print(inner)}`
  return print(exported) + rest
}
