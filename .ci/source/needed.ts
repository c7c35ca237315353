import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT, read } from './files.ts'

/** The parts of a package.json that the checks read. */
export interface Manifest {
  name: string
  version: string
  license?: string
  private?: boolean
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  /** Dependencies whose code the package contains. */
  bundled?: readonly string[]
}

/** Returns the manifest of a package in a folder. */
export const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json')))

/** The folders of the packages that are published. */
export const published: readonly string[] = readdirSync(join(ROOT, 'packages'))
  .map(name => `packages/${name}`)
  .filter(folder => manifestOf(folder).private !== true)

/** Returns the folder of a dependency as Node finds it from a package. */
function folderOf(name: string, from: string): string {
  for (let folder = realpathSync(join(ROOT, from)); folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate).slice(ROOT.length)
  }
  throw new Error(`${from} depends on ${name}, which is not installed`)
}

/** Adds packages that one names, and what they need to run. */
function add(names: readonly string[], folder: string, found: Map<string, Manifest>): Map<string, Manifest> {
  for (const name of names) {
    if (name.startsWith('@zookit/') || found.has(name)) continue
    const place = folderOf(name, folder)
    found.set(name, manifestOf(place))
    collect(place, found)
  }
  return found
}

/** Adds what a package needs to run, and what that needs. */
function collect(folder: string, found: Map<string, Manifest>): Map<string, Manifest> {
  const { dependencies = {}, bundled = [] } = manifestOf(folder)
  return add([...Object.keys(dependencies), ...bundled], folder, found)
}

/** Returns what a package contains, by name. */
export function bundledOf(folder: string): ReadonlyMap<string, Manifest> {
  return add(manifestOf(folder).bundled ?? [], folder, new Map())
}

/** All that the published packages need to run, by name. */
export const needed: ReadonlyMap<string, Manifest> = published.reduce(
  (found, folder) => collect(folder, found),
  new Map<string, Manifest>(),
)
