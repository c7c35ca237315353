import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program that runs JavaScript, as the npm registry has it. */
export interface Engine {
  name: string
  /** The package to fetch; null for the Node that runs the script. */
  wanted: string | null
  /** Path of the program in `node_modules`. */
  program: string
  /** Arguments before the file. */
  args: readonly string[]
}

const node = (name: string, version: string): Engine => ({
  name,
  wanted: `node@${version}`,
  program: '.bin/node',
  args: [],
})

export const engines: readonly Engine[] = [
  { name: `Node ${process.versions.node}, of this script`, wanted: null, program: '', args: [] },
  node('Node 20', '20'),
  node('Node 22', '22'),
  node('Node 24', '24'),
  node('Node, the newest', 'latest'),
  { name: 'Bun', wanted: 'bun', program: '.bin/bun', args: [] },
  {
    name: 'Deno',
    wanted: 'deno',
    program: '.bin/deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual'],
  },
]

/** Installs packages into a folder of their own, once a machine. @returns its `node_modules`; null if they cannot be had. */
export function fetched(name: string, packages: readonly string[]): string | null {
  const folder = join(tmpdir(), `zookit-${name}`)
  const done = join(folder, 'installed')
  if (existsSync(done)) return join(folder, 'node_modules')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  try {
    const options = ['install', '--silent', '--no-audit', '--no-fund', ...packages]
    execFileSync('npm', options, { cwd: folder, stdio: 'pipe', timeout: 300_000 })
  } catch {
    return null
  }
  writeFileSync(done, '')
  return join(folder, 'node_modules')
}

/** Returns the command line of an engine without the file; null if it cannot be had here. */
export function commandOf({ wanted, program, args }: Engine): readonly string[] | null {
  if (wanted === null) return [process.execPath]
  const modules = fetched(`engine-${wanted}`, [wanted])
  return modules === null ? null : [join(modules, program), ...args]
}
