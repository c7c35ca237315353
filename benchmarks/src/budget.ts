// `pnpm bench:budget` measures every figure of the project's budget and prints which bars are met. `--only a,b` measures some of the
// parts, `--rounds` is 25 by default, and `--save` writes the parts to results/budget.json and docs/performance.md.

import Table from 'cli-table3'
import { type Bar, cellsOfBar, met } from './budget/bar.ts'
import { bulkReads } from './budget/bulk.ts'
import { coldGet } from './budget/cold-get.ts'
import type { Budget } from './budget/context.ts'
import { locks } from './budget/locks.ts'
import { garbage, names, serverMemory, watches } from './budget/memory.ts'
import { alias, growth, hotPath, large, others, realServer } from './budget/requests.ts'
import { againstRust } from './budget/rust.ts'
import { type Part, save } from './budget/saved.ts'
import { servers } from './budget/servers.ts'
import { idleSessions, manyWatchers, slowLink } from './budget/sessions.ts'
import { connecting, serverStart } from './budget/starting.ts'
import { treeCache, wholeTrees } from './budget/trees.ts'
import { choice, count, script } from './command-line.ts'
import { machine } from './results.ts'
import { startTarget, type Target } from './targets.ts'

type Measure = (budget: Budget, stub: Target) => Promise<Bar[]>

const PARTS: Readonly<Record<string, Measure>> = {
  hotPath,
  rust: againstRust,
  growth,
  others,
  alias,
  real: realServer,
  bulk: bulkReads,
  large,
  names,
  garbage,
  watches,
  connecting,
  serverStart,
  coldGet,
  treeCache,
  trees: wholeTrees,
  locks,
  watchers: manyWatchers,
  idle: idleSessions,
  slowLink,
  servers,
  serverMemory,
}

const HEAD = ['', 'bar', 'measured', 'rounds', '']

function tableOf(bars: readonly Bar[]): string {
  const colAligns = ['left', 'right', 'right', 'right', 'left'] as const
  const table = new Table({
    head: HEAD,
    colAligns: [...colAligns],
    style: { head: [], border: [], compact: true },
  })
  for (const bar of bars) table.push(cellsOfBar(bar))
  return table.toString()
}

const options = script(
  'bench:budget',
  "Measures the figures of the project's budget. All of them take three quarters of an hour.",
)
  .option('--only <names>', `parts: ${Object.keys(PARTS).join(', ')}`, choice(Object.keys(PARTS)))
  .option('--rounds <number>', 'rounds of each measurement', count, 25)
  .option('--save', 'write the parts to results/budget.json and docs/performance.md')
  .parse()
  .opts<{ only?: string[]; rounds: number; save?: boolean }>()

const budget: Budget = { effort: { rounds: options.rounds, seconds: 0.05, warmUp: 0.7 } }
const parts: Part[] = []
const stub = await startTarget('stub', undefined)
try {
  for (const part of options.only ?? Object.keys(PARTS)) {
    const measure = PARTS[part]!
    const on = machine()
    try {
      const bars = await measure(budget, stub)
      parts.push({ part, on, bars })
      console.log(`${part}, load average ${on.loadAverage.toFixed(1)}\n${tableOf(bars)}`)
    } catch (error) {
      console.log(`${part}: ${error}`)
      process.exitCode = 1
    }
  }
} finally {
  await stub.stop()
}
const results = parts.flatMap(({ bars }) => bars.map(met))
const judged = (wanted: boolean): number => results.filter(one => one === wanted).length
console.log(`${judged(true)} met, ${judged(false)} missed`)
if (options.save) save(parts, Object.keys(PARTS))
