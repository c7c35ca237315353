// pnpm mutate [--only AREA] [--file PATTERN] [--one-of N] [--no-constants] [--processes N] [--again]
//
// Changes the sources in small ways, one at a time, in a copy, and runs the tests that reach the change: a test that
// fails has noticed ("killed"). Prints the share that was noticed for each area, and each change that no test noticed.
// --one-of 5 takes a sample: every fifth stretch of ten lines. --no-constants leaves out what runs while a file is loaded:
// each change there takes every test of the area.
// Results are kept in node_modules/.cache/mutate, so that the next run tries only what has changed; --again forgets them.

import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { MutantResult, PartialStrykerOptions } from '@stryker-mutator/api/core'
import { Stryker } from '@stryker-mutator/core'
import { filesThat, ROOT, read } from '../source/files.ts'
import { AREAS, type Area } from './areas.ts'

const CACHE = join(ROOT, 'node_modules/.cache/mutate')

/** The lines of one stretch of a sample. */
const STRETCH = 10

/** Returns the files of tests of an area: folders stand for what is in them. */
function testsOf({ tests }: Area): string[] {
  return tests.flatMap(path =>
    statSync(join(ROOT, path)).isFile()
      ? [path]
      : readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
          .filter(name => name.endsWith('.test.ts'))
          .map(name => `${path}/${name}`),
  )
}

/** Returns the patterns of a sample: one stretch of lines out of `n`. */
function sample(files: readonly string[], n: number): string[] {
  return files.flatMap((file, at) => {
    const lines = read(file).split('\n').length
    const stretches = Array.from({ length: Math.ceil(lines / STRETCH) }, (_, i) => i)
    const taken = stretches.filter(i => (i + at) % n === 0)
    return taken.map(i => `${file}:${i * STRETCH + 1}-${Math.min(lines, (i + 1) * STRETCH)}`)
  })
}

interface Settings {
  readonly processes: number
  readonly withoutConstants: boolean
}

function optionsOf(name: string, area: Area, settings: Settings, mutate: readonly string[]): object {
  const options: PartialStrykerOptions = {
    mutate: [...mutate],
    // The text of a message is no behaviour; the compiler holds the text of a code or a type.
    mutator: { excludedMutations: ['StringLiteral'] },
    testRunner: 'mocha-12',
    plugins: [new URL('mocha-plugin.ts', import.meta.url).href],
    coverageAnalysis: 'perTest',
    testRunnerNodeArgs: ['--import=tsx', '--conditions=@zookit/source'],
    concurrency: settings.processes,
    ignoreStatic: settings.withoutConstants,
    incremental: true,
    incrementalFile: join(CACHE, `${name}.json`),
    tempDirName: join(CACHE, 'copies'),
    ignorePatterns: ['**/dist', '.git', 'benchmarks/results', 'packages/*/foreign-suites'],
    // TypeScript 7 has no interface that Stryker could read the configuration with.
    tsconfigFile: 'none',
    warnings: false,
    reporters: ['survivors'],
    allowConsoleColors: false,
    timeoutMS: 10_000,
  }
  return { ...options, specs: testsOf(area) }
}

/** Prints the share of mutants that were noticed, by file and for the whole area. */
function print(name: string, results: readonly MutantResult[]): void {
  const files = new Map<string, { killed: number; all: number }>([[name, { killed: 0, all: 0 }]])
  for (const { fileName, status } of results) {
    if (status === 'Ignored') continue
    for (const file of [name, fileName.replace(/^.*\/packages\//, 'packages/')]) {
      const sum = files.get(file) ?? { killed: 0, all: 0 }
      files.set(file, sum)
      sum.all++
      if (status !== 'Survived' && status !== 'NoCoverage') sum.killed++
    }
  }
  for (const [file, { killed, all }] of [...files].sort())
    console.log(`${((killed / all) * 100).toFixed(1).padStart(5)} %  ${killed} of ${all}  ${file}`)
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(AREAS) },
    file: { type: 'string', multiple: true },
    'one-of': { type: 'string', default: '1' },
    'no-constants': { type: 'boolean', default: false },
    processes: { type: 'string', default: '2' },
    again: { type: 'boolean', default: false },
  },
})
process.chdir(ROOT)
if (values.again) rmSync(CACHE, { recursive: true, force: true })
mkdirSync(CACHE, { recursive: true })
for (const name of values.only) {
  const area = AREAS[name]
  if (area === undefined) throw new Error(`no area ${name}; there are ${Object.keys(AREAS).join(', ')}`)
  const files = values.file ?? filesThat(area.mutate)
  const settings = { processes: Number(values.processes), withoutConstants: values['no-constants'] }
  const options = optionsOf(name, area, settings, sample(files, Number(values['one-of'])))
  print(name, await new Stryker(options).runMutationTest())
}
