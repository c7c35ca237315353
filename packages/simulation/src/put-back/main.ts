// Puts mended faults back, one at a time, and lets the simulation look for each: `pnpm put-back --seeds 5000`.

import { parseArgs } from 'node:util'
import { type Job, type Report, runPool } from '../runner/pool.ts'
import { type MendedFault, readFaults } from './fault-file.ts'
import { scratchWith } from './scratch.ts'

const USAGE = `Usage: pnpm put-back [options]

  --only <names>      faults to put back, separated by commas (default all)
  --seeds <number>    the most seeds to look for each (default 5000)
  --from <number>     the first of them (default 1)
  --steps <number>    steps of each run (default 300)
  --processes <n>     processes at a time (default 1)
  --areas <areas>     areas to look in, separated by commas (default all)
  --list              prints the names
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '5000' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '300' },
    processes: { type: 'string', default: '1' },
    areas: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const processes = Number(values.processes)
const from = Number(values.from)

/** The first seed that fails with a fault and holds without it. */
interface Found {
  readonly report: Report
  /** Seeds that were looked at. */
  readonly after: number
}

function* jobs(first: number, seeds: number): Generator<Job> {
  for (let seed = first; seed < first + seeds; seed++)
    yield { seed, steps: Number(values.steps), only: values.areas }
}

/** Tells whether a seed holds in this repository as it is. */
async function holds(seed: number): Promise<boolean> {
  let isGood = true
  await runPool(jobs(seed, 1), { processes: 1 }, ({ reason }) => (isGood = reason === null))
  return isGood
}

async function search(fault: MendedFault): Promise<Found | null> {
  const scratch = scratchWith(fault)
  const end = from + Number(values.seeds)
  try {
    for (let first = from; first < end; ) {
      const failed: Report[] = []
      await runPool(jobs(first, end - first), { processes, root: scratch.folder }, report => {
        if (report.reason !== null) failed.push(report)
        return failed.length === 0
      })
      if (failed.length === 0) return null
      const [report] = failed.sort((a, b) => a.seed - b.seed) as [Report]
      if (await holds(report.seed)) return { report, after: report.seed - from + 1 }
      first = report.seed + 1
    }
    return null
  } finally {
    scratch.remove()
  }
}

function chosen(): readonly MendedFault[] {
  const all = readFaults()
  if (values.only === undefined) return all
  return values.only.split(',').map(name => {
    const fault = all.find(each => each.name === name)
    if (fault === undefined) throw new Error(`there is no fault ${name}: see --list`)
    return fault
  })
}

function row({ title, commit }: MendedFault, found: Found | null): string {
  if (found === null) return `| ${title} | ${commit} | not found | | ${values.seeds} |`
  const { report, after } = found
  const reason = report.reason!.split('\n')[0]!.replaceAll('|', '\\|')
  return `| ${title} | ${commit} | ${report.area ?? 'any'}: "${reason}" | ${report.seed} | ${after} |`
}

async function putAllBack(): Promise<void> {
  console.log('| Fault | Mended by | Found by | Seed | Seeds |\n|---|---|---|---|---|')
  for (const fault of chosen()) {
    const found = await search(fault)
    console.log(row(fault, found))
    if (found === null) process.exitCode = 1
  }
}

if (values.help) console.log(USAGE)
else if (values.list) for (const { name, title } of readFaults()) console.log(`${name}: ${title}`)
else await putAllBack()
