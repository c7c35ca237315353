// pnpm coverage [--only PACKAGE]... [--tests PATH]... [--uncovered]
//
// Runs tests and prints which share of each package's statements and branches they reach, by file. What was run is read
// from V8, and counted in the statements and branches of the sources: neither comments nor blank lines count, and no
// line is left out. By default each package's own tests run; --tests names others. --uncovered prints each branch that
// was not taken. Exits with 1 if a package is below the bar.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type CoverageFile, CoverageReport } from 'monocart-coverage-reports'
import { filesThat, ROOT } from '../source/files.ts'

/** The least share of branches, in percent. */
const BAR = 95

interface Count {
  covered: number
  total: number
}

/** Runs tests in one process. @returns the id of the process, whose data bear it in their names. */
async function run(tests: readonly string[], folder: string): Promise<number> {
  const loader = new URL('../loader/register.mjs', import.meta.url).href
  const mocha = [join(ROOT, 'node_modules/mocha/bin/mocha.js'), '--no-config', '--timeout', '60000']
  const options = ['--import', loader, '--conditions=@zookit/source']
  const child = spawn(
    process.execPath,
    [...options, ...mocha, '--exit', '--reporter', 'dot', ...tests.flatMap(filesIn)],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: 'inherit',
    },
  )
  const [code] = await once(child, 'exit')
  if (code !== 0) console.log(`${code} tests have failed: what they did not reach is missing`)
  return child.pid!
}

/** Returns the files of tests in a folder, or the file itself. */
function filesIn(path: string): string[] {
  return filesThat(/\.test\.ts$/).filter(file => file === path || file.startsWith(`${path}/`))
}

/** Returns the files of the sources, with their branches, that a run has left its data of. */
async function filesOf(folder: string, name: string): Promise<CoverageFile[]> {
  const wanted = new RegExp(`(^|/)packages/${name}/src/`)
  const report = new CoverageReport({
    outputDir: join(folder, 'report'),
    reports: ['none'],
    logging: 'error',
    entryFilter: ({ url }: { url: string }) => wanted.test(url),
    sourceFilter: (path: string) => !path.endsWith('.d.ts'),
  })
  await report.addFromDir(folder)
  return (await report.generate())?.files ?? []
}

const share = ({ covered, total }: Count): string =>
  `${(total === 0 ? 100 : (covered / total) * 100).toFixed(1).padStart(5)} %`

function add(sum: Count, { covered, total }: Partial<Count>): void {
  sum.covered += covered ?? 0
  sum.total += total ?? 0
}

/** Prints a package's figures. @returns the share of its branches, in percent. */
function print(name: string, files: readonly CoverageFile[], uncovered: boolean): number {
  const [statements, branches] = [
    { covered: 0, total: 0 },
    { covered: 0, total: 0 },
  ]
  for (const file of files) {
    const { summary } = file
    const path = file.sourcePath.replace(/^.*packages\//, 'packages/')
    add(statements, summary.statements as Count)
    add(branches, summary.branches as Count)
    const { covered = 0, total = 0 } = summary.branches as Count
    if (covered === total) continue
    console.log(`${share({ covered, total })}  ${path}: ${total - covered} of ${total} branches not taken`)
    if (!uncovered) continue
    const { source = '' } = file
    for (const { start, end, count } of file.data?.branches ?? []) {
      if (count !== 0) continue
      const line = source.slice(0, start).split('\n').length
      console.log(`         ${line}: ${source.slice(start, end).replaceAll(/\s+/g, ' ').slice(0, 90)}`)
    }
  }
  const loaded = new Set(files.map(({ sourcePath }) => sourcePath.replace(/^.*packages\//, 'packages/')))
  for (const file of filesThat(new RegExp(`^packages/${name}/src/.*(?<!\\.d)\\.ts$`))) {
    const isAbsent = !loaded.has(file)
    if (isAbsent) console.log(`never loaded, so it has types alone or no test: ${file}`)
  }
  console.log(
    `${name}: ${share(branches)} of ${branches.total} branches, ${share(statements)} of ${statements.total} statements`,
  )
  return (branches.covered / Math.max(1, branches.total)) * 100
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: ['jute', 'connection', 'recipes'] },
    tests: { type: 'string', multiple: true },
    uncovered: { type: 'boolean', default: false },
  },
})
for (const name of values.only) {
  const folder = mkdtempSync(join(tmpdir(), 'coverage-'))
  try {
    const pid = await run(values.tests ?? [`packages/${name}/test`], folder)
    // Processes that the tests start load the sources in another form.
    for (const file of readdirSync(folder))
      if (!file.startsWith(`coverage-${pid}-`)) rmSync(join(folder, file))
    if (print(name, await filesOf(folder, name), values.uncovered) < BAR) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
