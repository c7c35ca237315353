// Installs the packages as npm would pack them into the project of somebody else.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ROOT } from './files.ts'
import { published } from './needed.ts'

/** Packs a package with pnpm, which writes the versions of the others into its manifest. @returns the tarball. */
export function pack(folder: string, out: string): string {
  // npm as the parent, as under npx, would leave the versions `workspace:` in place.
  const parent = process.env.npm_execpath ?? ''
  const program = /pnpm[^/\\]*$/.test(parent) ? parent : 'pnpm'
  const [command, ...args] = /\.[cm]?js$/.test(program) ? [process.execPath, program] : [program]
  const before = new Set(readdirSync(out))
  execFileSync(command!, [...args, 'pack', '--pack-destination', out], {
    cwd: resolve(ROOT, folder),
    stdio: 'pipe',
  })
  return join(out, readdirSync(out).find(file => file.endsWith('.tgz') && !before.has(file))!)
}

/** Links a file or folder, once. */
function link(from: string, to: string): void {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
}

/** Packs every package and unpacks it into `node_modules` of a project, with links to what it needs from elsewhere. */
export function installPacked(project: string): void {
  for (const folder of published) {
    const name = folder.replace('packages/', '@zookit/')
    const to = join(project, 'node_modules', name)
    mkdirSync(to, { recursive: true })
    const tarball = pack(folder, to)
    execFileSync('tar', ['-xzf', tarball, '-C', to, '--strip-components=1'])
    rmSync(tarball)
    linkDependencies(join(ROOT, folder), project)
  }
}

function linkDependencies(from: string, project: string): void {
  const installed = join(from, 'node_modules')
  for (const name of readdirSync(installed, { recursive: false, encoding: 'utf8' })) {
    if (name.startsWith('.') || name === '@zookit') continue
    if (!name.startsWith('@')) link(join(installed, name), join(project, 'node_modules', name))
    else {
      for (const inner of readdirSync(join(installed, name)))
        link(join(installed, name, inner), join(project, 'node_modules', name, inner))
    }
  }
}
