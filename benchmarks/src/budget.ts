// `pnpm bench:budget`: every figure that the project has set itself, measured, with the verdict. `--save` writes
// results/budget.json, `--only a,b` measures some parts, `--rounds` is 5 unless told otherwise.

import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Bar, cellsOfBar, met } from './budget/bar.ts'
import type { Budget } from './budget/context.ts'
import { garbage, names, serverMemory, watches } from './budget/memory.ts'
import { growth, hotPath, large, others, realServer } from './budget/requests.ts'
import { servers } from './budget/servers.ts'
import { connecting, serverStart } from './budget/starting.ts'
import { HOME } from './paths.ts'
import { type Machine, machine, writeJson } from './results.ts'
import { startTarget, type Target } from './targets.ts'

interface Part {
  part: string
  bars: Bar[]
  /** Why there are none. */
  error?: string
}

type Measure = (budget: Budget, stub: Target) => Promise<Bar[]>

const PARTS: Readonly<Record<string, Measure>> = {
  hotPath,
  growth,
  others,
  real: realServer,
  large,
  names,
  garbage,
  watches,
  connecting,
  serverStart,
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

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PARTS).join() },
    rounds: { type: 'string', default: '5' },
    save: { type: 'boolean', default: false },
  },
})

const budget: Budget = { effort: { rounds: Number(values.rounds), seconds: 0.3, warmUp: 0.7 } }
const found: Machine & { parts: Part[] } = { ...machine(), parts: [] }
const stub = await startTarget('stub', undefined)
try {
  for (const part of values.only.split(',')) {
    const measure = PARTS[part]
    if (!measure) throw new Error(`there is no ${part}; there are ${Object.keys(PARTS).join(', ')}`)
    try {
      const bars = await measure(budget, stub)
      found.parts.push({ part, bars })
      console.log(`${part}\n${tableOf(bars)}`)
    } catch (error) {
      found.parts.push({ part, bars: [], error: String(error) })
      console.log(`${part}: ${error}`)
    }
  }
} finally {
  await stub.stop()
}
const verdicts = found.parts.flatMap(({ bars }) => bars.map(met))
const count = (verdict: boolean): number => verdicts.filter(one => one === verdict).length
console.log(
  `${count(true)} met, ${count(false)} missed; load average at the start ${found.loadAverage.toFixed(1)}`,
)
if (values.save) writeJson(`${HOME}results/budget.json`, found)
