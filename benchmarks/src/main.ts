// `pnpm bench`: see --help.

import { resolve } from 'node:path'
import { writeCharts } from './charts.ts'
import { check } from './check.ts'
import { compare, describeChanges } from './compare.ts'
import { type Options, readOptions } from './options.ts'
import { HOME } from './paths.ts'
import { describeProfiles } from './profile.ts'
import { type Results, readResults, writeJson } from './results.ts'
import { run } from './run.ts'
import { cellTable, heading } from './table.ts'

async function save(name: string, target: string, results: Results): Promise<void> {
  const prefix = `${HOME}results/${name}-${target}`
  writeJson(`${prefix}.json`, results)
  const charts = await writeCharts(prefix, results)
  console.error([`${prefix}.json`, ...charts].join('\n'))
}

/** Prints the changes since a file of results. @returns false if one is a regression. */
function judge(file: string, results: Results, tolerance: number): boolean {
  const changes = compare(readResults(file), results, tolerance)
  console.error(describeChanges(changes))
  return !changes.some(({ regression }) => regression)
}

async function bench(options: Options): Promise<boolean> {
  let good = true
  for (const target of options.target) {
    const results = await run(target, options, ({ cells }) => {
      if (!options.json) console.log(`\n${cellTable(cells.at(-1)!)}`)
    })
    if (options.json) console.log(JSON.stringify(results))
    else console.log(`\n${heading(results)}`)
    if (options.save !== undefined) await save(options.save, target, results)
    if (options.compare !== undefined) good = judge(options.compare, results, options.tolerance) && good
  }
  if (options.profile !== undefined) console.error(`\n${describeProfiles(options.profile)}`)
  return good
}

const options = readOptions(process.argv)
// pnpm runs this in the package's directory, but paths on the command line are relative to the user's directory.
const from = process.env.INIT_CWD ?? process.cwd()
for (const key of ['compare', 'profile'] as const) {
  if (options[key] !== undefined) options[key] = resolve(from, options[key])
}
const good = options.check ? await check(options) : await bench(options)
process.exitCode = good ? 0 : 1
