// Packs every published package as npm would and checks the tarball: publint for the manifest and its files, attw for
// what TypeScript's module resolutions make of the types.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasCommonJs } from './source/commonjs.ts'
import { pack } from './source/packed.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)

function published(): string[] {
  return readdirSync(join(ROOT, 'packages'))
    .map(name => join(ROOT, 'packages', name))
    .filter(dir => !JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).private)
}

function check(dir: string, out: string): void {
  const path = pack(dir, out)
  console.log(basename(path))
  execFileSync(bin('publint'), ['run', path, '--strict'], { stdio: 'inherit' })
  // The program is run, not loaded: require() of ES modules works on every Node that the packages support.
  const profile = hasCommonJs(dir) ? 'strict' : 'esm-only'
  execFileSync(bin('attw'), [path, '--profile', profile], { stdio: 'inherit' })
}

for (const dir of published()) {
  const out = mkdtempSync(join(tmpdir(), 'zookit-pack-'))
  try {
    check(dir, out)
  } finally {
    rmSync(out, { recursive: true })
  }
}
