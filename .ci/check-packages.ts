// Packs every published package as npm would and checks the tarball: publint for the manifest and its files, attw for
// what TypeScript's module resolutions make of the types.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)

function published(): string[] {
  return readdirSync(join(ROOT, 'packages'))
    .map(name => join(ROOT, 'packages', name))
    .filter(dir => !JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).private)
}

function check(dir: string, out: string): void {
  const pack = process.env.npm_execpath ?? 'pnpm'
  const command = /\.[cm]?js$/.test(pack) ? [process.execPath, pack] : [pack]
  execFileSync(command[0]!, [...command.slice(1), 'pack', '--pack-destination', out], {
    cwd: dir,
    stdio: 'pipe',
  })
  const tarball = readdirSync(out).find(file => file.endsWith('.tgz'))!
  const path = join(out, tarball)
  console.log(`${tarball}`)
  execFileSync(bin('publint'), ['run', path, '--strict'], { stdio: 'inherit' })
  // ESM only, on purpose: require() of ESM works on every Node that the packages support.
  execFileSync(bin('attw'), [path, '--profile', 'esm-only'], { stdio: 'inherit' })
}

for (const dir of published()) {
  const out = mkdtempSync(join(tmpdir(), 'zookit-pack-'))
  try {
    check(dir, out)
  } finally {
    rmSync(out, { recursive: true })
  }
}
