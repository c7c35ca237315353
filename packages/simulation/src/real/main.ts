// Attacks zookit's promises on real servers: `pnpm faults --minutes 30 --seed 7 --report faults.html`.

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ServerStartError } from '@zookit/test-fixtures'
import { installationOf } from './place/installation.ts'
import { endAtSignals } from './place/signals.ts'
import { summaryOf } from './report/summary.ts'
import { type Verdict, verdictOf, verdictWithout } from './report/verdict.ts'
import { type RunResult, runFaults } from './run.ts'

const USAGE = `Usage: pnpm faults [options]

  --minutes <number>   how long faults happen (default 3)
  --seed <text>        draws the faults and the work of the clients (default: a new one)
  --release <version>  of ZooKeeper, such as 3.9.5 (default: ZOOKEEPER_HOME, the newest, or Debian's)
  --report <file>      writes a page with a timeline of the run
  --keep <directory>   keeps what clients have recorded, and the data and the logs of the members
`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    release: { type: 'string' },
    report: { type: 'string' },
    keep: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  endAtSignals()
  const { seed, minutes, release, report, keep } = values
  const installation = installationOf(release)
  console.log(`seed ${seed}, ${minutes} minutes, ZooKeeper ${installation.version}`)
  const duration = Number(minutes) * 60_000
  try {
    const result = await runFaults({ installation, seed, duration, keep, say: line => console.log(line) })
    console.log(summaryOf(result))
    tell(verdictOf(result))
    if (report !== undefined) await write(report, result)
  } catch (error) {
    if (!(error instanceof ServerStartError)) throw error
    tell(verdictWithout(error))
  }
}

function tell({ code, lines }: Verdict): void {
  for (const line of lines) console.error(line)
  process.exitCode = code
}

async function write(file: string, result: RunResult): Promise<void> {
  const { pageOf } = await import('./report/page.ts')
  writeFileSync(file, pageOf(result))
  console.log(`the timeline is in ${file}`)
}

if (values.help) console.log(USAGE)
else await main()
