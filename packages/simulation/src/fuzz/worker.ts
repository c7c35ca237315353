// Runs every n-th episode of the fuzzer, and tells its parent the figures.

import { cpuTime } from './finding.ts'
import { HeapGauge } from './heap.ts'
import { FRAMES, runEpisode, targetOf } from './run.ts'
import { addTo, type FromWorker, type Task, type Totals } from './totals.ts'

/** Episodes before the heap is measured: by then everything is loaded and compiled. */
const WARM_UP = 300

const send = (message: FromWorker): void => void process.send!(message)

async function run({ seed, first, step, end }: Task): Promise<void> {
  const totals: Totals = {}
  // Errors are thrown by the million: their stacks would be most of the work. A failure is run again with them.
  Error.stackTraceLimit = 0
  let gauge: HeapGauge | null = null
  let done = 0
  for (let episode = first; episode < end; episode += step) {
    const target = targetOf(seed, episode)
    try {
      addTo(totals, target, await runEpisode(target, seed, episode))
    } catch (error) {
      Error.stackTraceLimit = 30
      const again = await runEpisode(target, seed, episode).then(
        () => error,
        second => second,
      )
      const { stack = String(again), cause } = again as Error
      const reason = `${target}: ${stack}${cause === undefined ? '' : `\ncause: ${(cause as Error).stack ?? cause}`}`
      return send({
        failure: `${reason}\nagain: pnpm fuzz --seed ${seed} --from ${episode * FRAMES} --frames ${FRAMES}`,
      })
    }
    if (++done === WARM_UP) gauge = new HeapGauge()
  }
  try {
    send({ totals, heapGrowth: gauge?.check() ?? 0, cpu: cpuTime() })
  } catch (error) {
    send({ failure: String(error) })
  }
}

process.once('message', (task: Task) => {
  void run(task).finally(() => process.disconnect())
})
