// Writes the software bill of materials (CycloneDX) of each published package into a folder: `pnpm sbom:packages FOLDER`. pnpm knows what
// a package depends on; what its files contain besides comes from `bundled` of its manifest.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from './source/files.ts'
import { manifestOf, published } from './source/needed.ts'
import { withBundled } from './source/sbom.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('name the folder for the bills of materials')
const out = resolve(folder)
mkdirSync(out, { recursive: true })
const options = ['--prod', '--split', '--sbom-format', 'cyclonedx', '--out', join(out, '%s-%v.cdx.json')]
const pnpm = [join(ROOT, '.ci/pnpm.mjs'), '--filter', './packages/*', 'sbom', ...options]
execFileSync(process.execPath, pnpm, { cwd: ROOT, stdio: 'inherit' })

for (const each of published) {
  const { name, version } = manifestOf(each)
  const file = join(out, `${name.slice(1).replace('/', '-')}-${version}.cdx.json`)
  const complete = withBundled(JSON.parse(readFileSync(file, 'utf8')), each)
  writeFileSync(file, `${JSON.stringify(complete, null, 2)}\n`)
}
