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
  exports(): Map<string, string> {
    const found = new Map<string, string>()
    for (const statement of this.#statements) {
      for (const [name, text] of this.#exportsOf(statement)) found.set(name, text)
    }
    return found
  }

  #exportsOf(statement: string): Iterable<[string, string]> {
    const again = REEXPORT.exec(statement)
    if (again) return this.#passedOn(again[1], again[3]!)
    const list = LIST.exec(statement)
    if (list) return pairsOf(list[1]!).map(([inner, outer]) => [outer, this.#named(inner)])
    const declared = DECLARED.exec(statement)
    if (!declared || !statement.startsWith('export ')) return []
    return [[declared[1]!, this.#named(declared[1]!)]]
  }

  #passedOn(list: string | undefined, from: string): Iterable<[string, string]> {
    if (!from.startsWith('.')) {
      const pairs = list === undefined ? ([['*', '*']] as const) : pairsOf(list)
      return pairs.map(([inner, outer]) => [outer, fromElsewhere(inner, outer, from)])
    }
    const path = join(dirname(this.#path), from.replace(/\.[jt]s$/, '.d.ts'))
    const inner = new Module(path, this.#read).exports()
    if (list === undefined) return inner
    return pairsOf(list).map(([name, outer]) => [outer, inner.get(name) ?? fromElsewhere(name, outer, from)])
  }

  /** Returns all declarations of a name: the overloads of a function, and an interface beside a constant. */
  #named(name: string): string {
    const own = this.#statements.filter(statement => DECLARED.exec(statement)?.[1] === name)
    if (own.length > 0) return own.join('\n')
    const imports = this.#statements.filter(each => each.startsWith('import ') && each.includes(name))
    const from = /from ['"](.*)['"]/.exec(imports[0] ?? '')?.[1]
    if (from === undefined) throw new Error(`${this.#path} exports ${name} and does not declare it`)
    return [...this.#passedOn(name, from)][0]![1]
  }
}

/** Returns the public surface of an entry as text: each exported name with its declaration, sorted by name. */
export function surfaceOf(entry: string, read: ReadFile): string {
  const sorted = [...new Module(entry, read).exports()].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted
    .map(([name, text]) =>
      [undefined, name].includes(DECLARED.exec(text)?.[1]) ? text : `// as ${name}\n${text}`,
    )
    .join('\n\n')
}
