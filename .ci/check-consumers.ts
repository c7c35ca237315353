// Installs the packed packages into projects of every kind, compiles and runs them there, and prints a table. Needs `pnpm run
// build` first. `--quick` tries the oldest and the newest compiler and no runner that has to be fetched: CI does that. `--only TEXT`
// tries the rows whose name has the text.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compilers, resolutions, tryCompiler } from './consumers/compilers.ts'
import type { Result } from './consumers/result.ts'
import { runners, tryRunner } from './consumers/runners.ts'
import { installPacked } from './source/packed.ts'

const { quick: isQuick, only } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
}).values
const project = mkdtempSync(join(tmpdir(), 'zookit-consumers-'))
const results: Result[] = []

function record(row: string, attempt: () => Result): void {
  if (!row.includes(only)) return
  const result = attempt()
  results.push(result)
  console.log(`${row.padEnd(44)} ${result.isGood ? 'works' : `FAILS\n${result.printed}`}`)
}

try {
  installPacked(project)
  for (const compiler of isQuick ? [compilers[0]!, compilers.at(-1)!] : compilers) {
    for (const resolution of resolutions)
      record(`TypeScript ${compiler}, ${resolution.name}`, () => tryCompiler(project, compiler, resolution))
  }
  for (const runner of runners.filter(({ isFetched }) => !isQuick || !isFetched))
    record(runner.name, () => tryRunner(project, runner))
} finally {
  rmSync(project, { recursive: true })
}
const failed = results.filter(({ isGood }) => !isGood).length
console.log(`${results.length} rows, ${failed} fail`)
process.exitCode = failed === 0 ? 0 : 1
