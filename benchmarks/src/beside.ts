// `pnpm bench:beside CHECKOUT`: measures this build beside that of another checkout, in one run and in turns, and prints a
// table. Build the other checkout first, with its own `pnpm bench --check`. `--load getData,exists` and
// `--in-flight 64,1000` measure less; `--pairs 27` measures longer, for cells whose rounds differ much. `--save NAME` writes
// results/NAME.json; a file of the same two builds keeps its other cells, so that a long measurement can be made in parts.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Garbage } from './budget/programs/garbage.ts'
import { Child } from './child.ts'
import { type ClientEntry, clientNamed } from './clients.ts'
import { choice, count, counts, script } from './command-line.ts'
import { cellsOf, describeCell, loads as known } from './loads.ts'
import { type MeasuredRound, measure } from './measure.ts'
import { DIST, HOME } from './paths.ts'
import { type Machine, machine, writeJson } from './results.ts'
import { cpu, type Measure, ratioOf, type Spread, spreadOf, throughput } from './statistics.ts'
import { startTarget, type Target } from './targets.ts'

const EFFORT = { rounds: 9, seconds: 0.05, warmUp: 1.5 }
/** The number of processes of each build that count bytes. */
const RUNS = 5
/** Flags for a huge young generation: without a collection the heap grows by exactly what is allocated. */
const NO_COLLECTION = ['--min-semi-space-size=512', '--max-semi-space-size=512']

const command = script(
  'bench:beside',
  'Measures this build beside that of another checkout, in one run and in turns.',
)
  .argument('<checkout>', 'the directory of the other checkout, which is built')
  .option('--load <names>', 'loads, or all', choice(Object.keys(known)), ['getData', 'exists', 'setData'])
  .option('--in-flight <numbers>', 'requests in flight', counts, [1, 64, 1000])
  // What the compiler makes of the same code differs from process to process by up to 10 %: a build beside itself shows it.
  .option('--pairs <number>', 'processes of each build in each cell', count, 9)
  .option('--save <name>', 'write results/<name>.json')
  .parse()
const {
  load: loads,
  inFlight,
  pairs: PAIRS,
  save: saved,
} = command.opts<{ load: string[]; inFlight: number[]; pairs: number; save?: string }>()
const OTHER = `${resolve(command.args[0]!)}/benchmarks/dist/`

const after = clientNamed('zookit')
const before: ClientEntry = {
  ...after,
  name: 'before',
  command: flags => ({
    file: process.execPath,
    args: ['--expose-gc', ...flags, `${OTHER}clients/zookit.js`],
  }),
}

/** The ratios of one cell, this build to the other. */
interface Row {
  cell: string
  /** The number of processes of each build. */
  pairs: number
  throughput: Spread
  cpu: Spread
  /** The same of the best round of each process: other work of the machine only makes a round worse. */
  best: { throughput: Spread; cpu: Spread }
  on: Machine
}

/** The contents of a file of results. */
interface Saved {
  /** The commit of this build. */
  after: string
  /** The commit of the other build. */
  before: string
  effort: typeof EFFORT
  rows: Row[]
  /** The bytes that a getData allocates beyond data, Stat and promise. */
  bytes: { before: number; after: number }
}

/** Compares the best round of each process with that of its pair. */
function bestOf(pairs: readonly (readonly [old: MeasuredRound[], now: MeasuredRound[]])[]): Row['best'] {
  const ratio = (of: Measure, best: (...values: number[]) => number): Spread =>
    spreadOf(pairs.map(([old, now]) => best(...now.map(of)) / best(...old.map(of))))
  return { throughput: ratio(throughput, Math.max), cpu: ratio(cpu, Math.min) }
}

const percent = ({ median, middle }: Spread): string =>
  `${median.toFixed(3)} (${middle.map(end => end.toFixed(3)).join(' to ')})`

async function compareLoads(target: Target): Promise<Row[]> {
  const rows: Row[] = []
  console.log(
    '| load | throughput, after ÷ before | CPU per request, after ÷ before | throughput of the best rounds | CPU of the best rounds |\n|---|---|---|---|---|',
  )
  for (const load of loads) {
    for (const cell of cellsOf(load, { inFlight })) {
      const on = machine()
      const pairs: [old: MeasuredRound[], now: MeasuredRound[]][] = []
      for (let pair = 0; pair < PAIRS; pair++) {
        // Each build is the first to start in every other pair.
        const order = pair % 2 === 0 ? [before, after] : [after, before]
        const { clients, skipped } = await measure(cell, order, target, EFFORT, () => {})
        if (skipped.length > 0) throw new Error(`${skipped[0]!.client}: ${skipped[0]!.reason}`)
        const roundsOf = ({ name }: ClientEntry) => clients.find(({ client }) => client === name)!.rounds
        pairs.push([roundsOf(before), roundsOf(after)])
      }
      const ratio = (of: Measure): Spread =>
        ratioOf(
          pairs.flatMap(([, now]) => now),
          pairs.flatMap(([old]) => old),
          of,
        )
      const row = {
        cell: describeCell(cell),
        pairs: PAIRS,
        throughput: ratio(throughput),
        cpu: ratio(cpu),
        best: bestOf(pairs),
        on,
      }
      rows.push(row)
      const spreads = [row.throughput, row.cpu, row.best.throughput, row.best.cpu]
      console.log(`| ${row.cell} | ${spreads.map(percent).join(' | ')} |`)
    }
  }
  return rows
}

async function bytesOf(dist: string, hosts: string): Promise<number> {
  const file = `${dist}budget/programs/garbage.js`
  const child = new Child('garbage', {
    file: process.execPath,
    args: ['--expose-gc', ...NO_COLLECTION, file],
  })
  try {
    const { request, kept, collections } = await child.ask<Garbage & { error?: string }>({ hosts }, 300)
    if (collections > 0) throw new Error('a garbage collection made the count invalid')
    return request - kept
  } finally {
    await child.end()
  }
}

async function compareBytes(target: Target): Promise<Saved['bytes']> {
  await target.prepare({ payload: 100, children: 0, watched: 0 })
  const counts: Record<'before' | 'after', number[]> = { before: [], after: [] }
  for (let i = 0; i < RUNS; i++) {
    counts.before.push(await bytesOf(OTHER, target.hosts))
    counts.after.push(await bytesOf(DIST, target.hosts))
  }
  const bytes = { before: spreadOf(counts.before).median, after: spreadOf(counts.after).median }
  const [old, now] = [bytes.before, bytes.after].map(each => each.toFixed(0))
  console.log(`\nBytes per getData beyond data, Stat and promise: ${now}; before: ${old}.`)
  return bytes
}

function commitOf(directory: string): string {
  return execFileSync('git', ['-C', directory, 'rev-parse', '--short=12', 'HEAD'], {
    encoding: 'utf8',
  }).trim()
}

function save(name: string, rows: readonly Row[], bytes: Saved['bytes']): void {
  const file = `${HOME}results/${name}.json`
  const builds = { after: machine().commit, before: commitOf(command.args[0]!) }
  const old = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Saved) : null
  const isSame = old?.after === builds.after && old.before === builds.before
  const all = new Map([...(isSame ? old.rows : []), ...rows].map(row => [row.cell, row]))
  writeJson(file, { ...builds, effort: EFFORT, rows: [...all.values()], bytes } satisfies Saved)
}

const stub = await startTarget('stub', undefined)
try {
  const rows = await compareLoads(stub)
  const bytes = await compareBytes(stub)
  if (saved !== undefined) save(saved, rows, bytes)
} finally {
  await stub.stop()
}
