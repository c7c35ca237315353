// Tries a release without publishing: `pnpm release --dry-run`. Packs every package with the fields of a release, checks the tarballs
// with publint and attw, installs them into an empty project, runs the quick start there with plain Node, and compares their sizes with
// .ci/release/sizes.json. Needs `pnpm run build` first. `--write` writes that file. A push of a tag is what publishes: CONTRIBUTING.md.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { QUICK_START } from './release/quick-start.ts'
import {
  faultsOf,
  type ImportTime,
  importTime,
  type Recorded,
  type Sizes,
  sizesOf,
  tableOf,
} from './release/sizes.ts'
import { checkTarball, packForRelease } from './release/tarballs.ts'
import { ROOT, read } from './source/files.ts'
import { published } from './source/needed.ts'

const SIZES = '.ci/release/sizes.json'

const { 'dry-run': isDry, write: isWriting } = parseArgs({
  options: { 'dry-run': { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
}).values
if (!isDry)
  throw new Error('only --dry-run runs here: push the tag of the version to publish (CONTRIBUTING.md)')

/** Installs tarballs as a user does, into a project that has nothing else. */
function install(project: string, tarballs: readonly string[]): void {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  const options = ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', '--omit=optional']
  execFileSync('npm', [...options, ...tarballs], { cwd: project, stdio: 'inherit' })
}

/** Writes the file that later runs are compared with. */
function writeSizes(found: Record<string, Sizes>, imports: Record<string, ImportTime | null>): void {
  const recorded = Object.entries(found).map(([name, sizes]): [string, Recorded] => {
    const share = imports[name]?.share
    return [name, { ...sizes, import: share === undefined ? null : Math.round(share * 100) / 100 }]
  })
  writeFileSync(join(ROOT, SIZES), `${JSON.stringify(Object.fromEntries(recorded), null, 2)}\n`)
}

const folder = mkdtempSync(join(tmpdir(), 'zookit-release-'))
try {
  const out = join(folder, 'tarballs')
  const project = join(folder, 'project')
  for (const each of [out, project]) mkdirSync(each)
  const tarballs = new Map(published.map(each => [each, packForRelease(each, out)]))
  for (const [each, tarball] of tarballs) checkTarball(each, tarball)

  install(project, [...tarballs.values()])
  writeFileSync(join(project, 'main.mjs'), QUICK_START)
  execFileSync(process.execPath, ['main.mjs'], { cwd: project, stdio: 'inherit', timeout: 60_000 })

  const found = Object.fromEntries([...tarballs].map(([each, path]) => [each, sizesOf(each, path, project)]))
  const imports = Object.fromEntries(published.map(each => [each, importTime(each, project)]))
  const committed: Record<string, Recorded> = JSON.parse(read(SIZES))
  console.log(tableOf(found, committed, imports))
  if (isWriting) writeSizes(found, imports)
  else {
    const faults = faultsOf(found, committed)
    for (const fault of faults) console.error(fault)
    if (faults.length > 0) process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
