// Runs the seeds that the parent process sends, one after the other, and tells what each came to.

import { type StateTrace, stateChannel } from '@zookit/connection'
import { runSeed } from '@zookit/testing/simulate'
import { areaOf } from '../area.ts'
import { chosenAreas, zookit } from '../zookit.ts'
import { edgeOf } from './coverage.ts'
import type { Job, Report } from './pool.ts'

const edges = new Set<string>()
stateChannel.subscribe(message => {
  const { state, previous } = message as StateTrace
  edges.add(edgeOf(previous, state))
})

process.on('message', (job: Job) => void run(job))

async function run({ seed, steps, only }: Job): Promise<void> {
  const { failure, fingerprint, events } = await runSeed(zookit(chosenAreas(only)), seed, {
    steps,
    pause: 100,
  })
  const seen = [...edges]
  edges.clear()
  const reason = failure instanceof Error ? failure.message : failure === null ? null : String(failure)
  const report: Report = {
    seed,
    reason,
    area: areaOf(failure),
    fingerprint,
    events: events.length,
    edges: seen,
  }
  process.send!(report)
}
