// Runs a smoke suite of client, recipes and test server, from the packed packages, on every Node that they support, on Bun and on
// Deno, and as a bundle of each bundler. Prints a table. Needs `pnpm run build` first. `--quick` takes the Node of this script and the
// repository's bundler, and fetches nothing: CI does that. `--only TEXT` tries the rows whose name has the text.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Bundler, bundlers } from './runtimes/bundlers.ts'
import { commandOf, engines, fetched } from './runtimes/engines.ts'
import { IMPORTED, REQUIRED } from './runtimes/suite.ts'
import { ROOT } from './source/files.ts'
import { installPacked } from './source/packed.ts'

const END = 'all steps hold'
const FORMATS = [
  { format: 'esm', name: 'import', extension: '.mjs', text: IMPORTED },
  { format: 'cjs', name: 'require', extension: '.cjs', text: REQUIRED },
] as const
type Format = (typeof FORMATS)[number]

const { quick: isQuick, only } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
}).values
const project = mkdtempSync(join(tmpdir(), 'zookit-runtimes-'))
// Beside the project and not in it: a bundle that still imports a package does not find it here.
const bundled = mkdtempSync(join(tmpdir(), 'zookit-bundled-'))
const counts = { works: 0, fails: 0, absent: 0 }

/** Runs a program. @returns null if it ended well, else its output. */
function faultOf(cwd: string, [command, ...args]: readonly string[], end = ''): string | null {
  const { NODE_OPTIONS: _, ...others } = process.env
  const env = { ...others, ZOOKIT_CERTS: join(ROOT, 'test-fixtures/certs/') }
  const done = spawnSync(command!, args, { cwd, env, encoding: 'utf8', timeout: 120_000 })
  return done.status === 0 && done.stdout.includes(end)
    ? null
    : `${done.stdout}${done.stderr}${done.error ?? ''}`
}

function record(row: string, attempt: () => string | null | undefined): void {
  if (!row.includes(only)) return
  const fault = attempt()
  const outcome = fault === undefined ? 'absent' : fault === null ? 'works' : 'fails'
  counts[outcome]++
  const words = { absent: 'cannot be installed here', works: 'works', fails: `FAILS\n${fault}` }
  console.log(`${row.padEnd(44)} ${words[outcome]}`)
}

/** Bundles the suite with a bundler and runs the bundle where there are no packages. */
function tryBundler(
  { name, packages, program }: Bundler,
  { format, extension }: Format,
): string | null | undefined {
  const modules = isQuick ? join(ROOT, 'node_modules') : fetched(`bundler-${name}`, packages)
  if (modules === null) return undefined
  const driver = isQuick
    ? join(modules, '.cache', `zookit-${process.pid}.mjs`)
    : join(modules, '../bundle.mjs')
  mkdirSync(join(driver, '..'), { recursive: true })
  writeFileSync(driver, program)
  for (const file of readdirSync(bundled)) rmSync(join(bundled, file), { recursive: true })
  const output = join(bundled, `suite${extension}`)
  try {
    const command = [process.execPath, driver, join(project, 'suite.mjs'), output, format]
    return faultOf(project, command) ?? faultOf(bundled, [process.execPath, output], END)
  } finally {
    if (isQuick) rmSync(driver)
  }
}

try {
  installPacked(project)
  writeFileSync(join(project, 'package.json'), '{}')
  for (const { extension, text } of FORMATS) writeFileSync(join(project, `suite${extension}`), text)
  for (const engine of engines.filter(({ wanted }) => !isQuick || wanted === null)) {
    for (const { name, extension } of FORMATS) {
      record(`${engine.name}, ${name}`, () => {
        const command = commandOf(engine)
        return command === null ? undefined : faultOf(project, [...command, `suite${extension}`], END)
      })
    }
  }
  for (const bundler of bundlers.filter(({ name }) => !isQuick || name === 'esbuild')) {
    for (const format of FORMATS)
      record(`${bundler.name}, to ${format.format}`, () => tryBundler(bundler, format))
  }
} finally {
  for (const folder of [project, bundled]) rmSync(folder, { recursive: true })
}
console.log(`${counts.works} rows work, ${counts.fails} fail, ${counts.absent} could not be installed`)
process.exitCode = counts.fails === 0 ? 0 : 1
