import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes the declarations of a package fit its users: those with another copy, those whose compiler is older, and those that
 * compile to CommonJS.
 *
 * TypeScript writes `#private;` into a class that has private fields, and then accepts no object of a class that was declared
 * anywhere else. An application with two copies of a package, such as its own client beside the one of a library, would not
 * compile: recipes would refuse its client. Without the mark a class fits one of another copy that has the same members.
 *
 * @param entries the files that the package exports, such as `./src/index.ts`.
 * @param commonJs also writes a `.d.cts` beside each `.d.ts`.
 */
export function openDeclarations(dist: string, entries: readonly string[], commonJs: boolean): void {
  const names = readdirSync(dist, { recursive: true, encoding: 'utf8' })
  for (const name of names.filter(each => each.endsWith('.d.cts'))) rmSync(join(dist, name))
  for (const name of names.filter(each => each.endsWith('.d.ts'))) {
    const file = join(dist, name)
    const text = readFileSync(file, 'utf8')
    const isEntry = entries.includes(`./src/${name.replace(/\.d\.ts$/, '.ts')}`)
    const fitting = forModules(withoutPrivates(text))
    const open = isEntry ? withNodeTypes(fitting) : fitting
    if (open.startsWith(NODE_TYPES) && !text.startsWith(NODE_TYPES)) shiftMap(`${file}.map`)
    if (open !== text) writeFileSync(file, open)
    if (commonJs) writeFileSync(file.replace(/\.ts$/, '.cts'), forCommonJs(open))
  }
}

/** Returns declarations without the marks of private fields. Lines keep their numbers, which the declaration maps have. */
export function withoutPrivates(declarations: string): string {
  return declarations.replaceAll(/^ +#private;$/gm, '')
}

const NODE_TYPES = '/// <reference types="node" />'

/** Names Node's types in a first line, so that a project need not list them among its `types`. */
export function withNodeTypes(declarations: string): string {
  return declarations.startsWith(NODE_TYPES) ? declarations : `${NODE_TYPES}\n${declarations}`
}

/** Moves what a declaration map says down by one line. */
function shiftMap(file: string): void {
  const map = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...map, mappings: `;${map.mappings}` }))
}

/** Names files as they will be called, and leaves out an export whose name TypeScript can read only since 5.6. */
export function forModules(declarations: string): string {
  return declarations
    .replaceAll(/((?:from|import\(|import) ?['"]\.[^'"]*)\.ts(?=['"])/g, '$1.js')
    .replaceAll(/, \w+ as 'module\.exports'/g, '')
}

/**
 * Returns the declarations of the CommonJS file. One whose only export is a default is what `require` returns, as the original
 * node-zookeeper-client has it.
 */
export function forCommonJs(declarations: string): string {
  const text = declarations
    .replaceAll(/((?:from|import\(|import) ?['"]\.[^'"]*)\.js(?=['"])/g, '$1.cjs')
    .replace(/\n\/\/# sourceMappingURL=.*$/, '\n')
  const isAlone = text.match(/^export /gm)?.length === 1
  return isAlone ? text.replace(/^export \{ (\w+) as default \};?$/m, 'export = $1;') : text
}
