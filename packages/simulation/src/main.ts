// Attacks zookit's promises in a simulated world: `pnpm simulate --seeds 500`, `pnpm simulate --seed 17`.

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { kindOf, SimulationError, simulate } from '@zookit/testing/simulate'
import { Coverage } from './runner/coverage.ts'
import { type Job, type Report, runPool } from './runner/pool.ts'
import { chosenAreas, zookit } from './zookit.ts'

const USAGE = `Usage: pnpm simulate [options]

  --seeds <number>    how many seeds to run (default 500)
  --from <number>     the first of them (default 1)
  --steps <number>    steps of each run (default 500)
  --seed <number>     replays one seed, with its events and the shortest schedule that fails
  --only <areas>      areas to take part, separated by commas (default all)
  --all               goes on after a failure, and counts the kinds of failures
  --coverage          counts the lines, branches and changes of sessions' states that were reached
  --processes <n>     processes at a time (default: one for each core)
`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '500' },
    seed: { type: 'string' },
    only: { type: 'string' },
    coverage: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    processes: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
})

function* jobs(): Generator<Job> {
  const from = Number(values.from)
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    yield { seed, steps: Number(values.steps), only: values.only }
  }
}

async function replay(seed: string): Promise<void> {
  try {
    await simulate(zookit(chosenAreas(values.only)), { seed, steps: Number(values.steps), pause: 100 })
    console.log(`seed ${seed} held`)
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

async function runAll(): Promise<void> {
  const started = performance.now()
  const kinds = new Map<string, number[]>()
  let count = 0
  const coverage = values.coverage ? new Coverage() : null
  const onReport = ({ seed, reason, edges }: Report): boolean => {
    count++
    coverage?.add(edges)
    if (reason === null) return true
    const kind = kindOf(reason.replace(/\b(ann|bob|cid|dee)\b/g, 'a client'))
    const seeds = kinds.get(kind)
    if (seeds) seeds.push(seed)
    else kinds.set(kind, [seed])
    if (!seeds) console.error(`seed ${seed}: ${reason}`)
    return values.all
  }
  await runPool(jobs(), { processes: Number(values.processes), coverage: coverage?.folder }, onReport)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  for (const [kind, seeds] of kinds)
    console.error(`${seeds.length} seeds (${seeds.slice(0, 5).join(', ')}): ${kind}`)
  const failed = [...kinds.values()].flat()
  console.log(`${count} seeds of ${values.steps} steps in ${seconds} s: ${failed.length} failed`)
  if (coverage !== null) console.log(`${coverage.describeEdges()}\n${await coverage.describeLines()}`)
  if (failed.length === 0) return
  process.exitCode = 1
  if (!values.all) await replay(String(Math.min(...failed)))
}

if (values.help) console.log(USAGE)
else if (values.seed !== undefined) await replay(values.seed)
else await runAll()
