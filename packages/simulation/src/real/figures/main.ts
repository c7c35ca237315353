// Measures the figures of docs/reliability.md that need real servers, or real time: `pnpm faults:figures --only failover`.

import { parseArgs } from 'node:util'
import { installationOf } from '../place/installation.ts'
import { endAtSignals } from '../place/signals.ts'
import { writes } from './acknowledged.ts'
import { day } from './day.ts'
import { failover } from './failover.ts'
import type { Figure } from './figure.ts'
import { grants } from './grants.ts'
import { deadPeer, expiry } from './silence.ts'
import { storm } from './storm.ts'

const FIGURES: readonly Figure[] = [deadPeer, expiry, failover, storm, writes, grants, day]

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    release: { type: 'string' },
    scale: { type: 'string', default: '1' },
    limit: { type: 'string', default: '3600' },
  },
})

endAtSignals()
const chosen = FIGURES.filter(
  ({ name }) => values.only === undefined || values.only.split(',').includes(name),
)
if (chosen.length === 0) throw new Error(`--only takes ${FIGURES.map(({ name }) => name).join(', ')}`)
const installation = installationOf(values.release)
const setting = {
  installation,
  scale: Number(values.scale),
  limit: Number(values.limit),
  say: (line: string) => console.log(line),
}
console.log(`ZooKeeper ${installation.version}`)
for (const { name, bar, measure } of chosen) {
  console.log(`${name}: ${bar}`)
  const { text, isReached } = await measure(setting)
  console.log(`${name}: ${text} -- ${isReached ? 'reached' : 'NOT reached'}`)
}
