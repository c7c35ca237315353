import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The bytes of a package. */
export interface Sizes {
  tarball: number
  unpacked: number
  /** The package and all that it needs to run, each once. */
  installed: number
}

/** The time that Node takes to import a package. */
export interface ImportTime {
  milliseconds: number
  /** The time as a share of what Node takes to start, which depends less on the machine. */
  share: number
}

/** Row of the committed table. */
export interface Recorded extends Sizes {
  /** The share of an import; null for a package that is a program. No check compares it. */
  import: number | null
}

/** A size may grow by this share before a person has to look. */
const TOLERANCE = 0.1

/** The figures of an import are the middle of so many processes. */
const IMPORTS = 5

/** Returns the bytes of the files of a package, without the packages inside it. */
function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(each => each.name !== 'node_modules')
    .map(each => join(folder, each.name))
    .reduce((sum, path) => {
      const stat = lstatSync(path)
      return sum + (stat.isDirectory() ? bytesOf(path) : stat.size)
    }, 0)
}

/** Returns the folder of a package as Node finds it from another one; null for an optional one that is absent. */
function find(name: string, from: string, project: string): string | null {
  for (let folder = from; folder.startsWith(project); folder = join(folder, '..')) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return candidate
  }
  return null
}

/** Adds the folders of a package and of all that it needs. */
function collect(folder: string, project: string, found: Set<string>): Set<string> {
  if (found.has(folder)) return found
  found.add(folder)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    if (manifest.peerDependenciesMeta?.[name]?.optional) continue
    const inner = find(name, folder, project)
    if (inner === null) throw new Error(`${manifest.name} needs ${name}, which is not installed`)
    collect(inner, project, found)
  }
  return found
}

const nameOf = (folder: string): string => folder.replace('packages/', '@zookit/')

/** Measures a package that is installed into a project from a tarball. */
export function sizesOf(folder: string, tarball: string, project: string): Sizes {
  const installed = join(project, 'node_modules', nameOf(folder))
  const all = [...collect(installed, project, new Set())].map(bytesOf)
  return {
    tarball: lstatSync(tarball).size,
    unpacked: bytesOf(installed),
    installed: all.reduce((sum, bytes) => sum + bytes, 0),
  }
}

/** Measures an import of a package in new processes; null for a package that is a program. */
export function importTime(folder: string, project: string): ImportTime | null {
  const manifest = join(project, 'node_modules', nameOf(folder), 'package.json')
  if (JSON.parse(readFileSync(manifest, 'utf8')).exports?.['.'] === undefined) return null
  const program = `const begun = performance.now()
await import('${nameOf(folder)}')
console.log(JSON.stringify([begun, performance.now()]))`
  const run = (): ImportTime => {
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: project })
    const [begun, ended] = JSON.parse(String(printed)) as [number, number]
    return { milliseconds: ended - begun, share: (ended - begun) / begun }
  }
  return Array.from({ length: IMPORTS }, run).sort((a, b) => a.share - b.share)[(IMPORTS - 1) / 2]!
}

/** Lists what grew by more than the tolerance, and what the committed table does not have. */
export function faultsOf(found: Record<string, Sizes>, committed: Record<string, Sizes>): string[] {
  return Object.entries(found).flatMap(([name, sizes]) => {
    const before = committed[name]
    if (before === undefined) return [`${name} has no sizes yet: run with --write`]
    return (Object.keys(sizes) as (keyof Sizes)[])
      .filter(key => sizes[key] > before[key] * (1 + TOLERANCE))
      .map(
        key =>
          `${name}: ${key} grew from ${before[key]} to ${sizes[key]} bytes; if it should, run with --write`,
      )
  })
}

/** Draws the sizes in kilobytes and the imports, beside the committed ones. */
export function tableOf(
  found: Record<string, Sizes>,
  committed: Record<string, Recorded>,
  imports: Record<string, ImportTime | null>,
): string {
  const kilobytes = (now: number, before: number | undefined): string =>
    `${Math.round(now / 1000)} (${before === undefined ? 'new' : Math.round(before / 1000)})`
  const rows = Object.entries(found).map(([name, sizes]) => {
    const cells = (Object.keys(sizes) as (keyof Sizes)[]).map(key =>
      kilobytes(sizes[key], committed[name]?.[key]),
    )
    const time = imports[name]
    if (!time) return [name, ...cells, '-', '-']
    const before = committed[name]?.import?.toFixed(2) ?? 'new'
    return [name, ...cells, time.milliseconds.toFixed(0), `${time.share.toFixed(2)} (${before})`]
  })
  const head = ['package', 'tarball kB', 'unpacked kB', 'installed kB', 'import ms', 'import ÷ start']
  return [head, ...rows].map(row => row.map((cell, i) => cell.padEnd(i === 0 ? 36 : 16)).join('')).join('\n')
}
