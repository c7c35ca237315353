// pnpm fuzz [--seed N] [--frames N] [--from N] [--processes N]
//
// Exits with 1, and says how to see it again, where bytes make the decoders, the client or the server do what none may.

import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { FRAMES } from './run.ts'
import { addTo, type FromWorker, type Task, type Totals } from './totals.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
const LOADER = new URL('../../../../.ci/loader/register.mjs', import.meta.url).href

function work(task: Task): Promise<FromWorker> {
  return new Promise(resolve => {
    const worker = fork(WORKER, { execArgv: ['--import', LOADER, '--conditions=@zookit/source'] })
    worker.once('message', (message: FromWorker) => resolve(message))
    worker.once('exit', code => resolve({ failure: `a worker ended with ${code}` }))
    worker.send(task)
  })
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** Prints the figures. @param times the seconds that went by, and the seconds of the processors' time. */
function print(totals: Totals, [seconds, cpu]: readonly [number, number], growth: number): void {
  let [frames, mutated] = [0, 0]
  for (const [target, sum] of Object.entries(totals).sort()) {
    frames += sum.frames
    mutated += sum.mutated
    const answers = `${sum.results} results, ${sum.refusals} refusals, ${sum.losses} losses`
    const slowest = `slowest ${sum.slowest.toFixed(2)} ms`
    console.log(
      `${target.padEnd(20)} ${sum.frames} frames, ${sum.connections} connections, ${answers}, ${slowest}`,
    )
  }
  const [speed, perCpu] = [Math.round(frames / seconds), Math.round(frames / cpu)]
  console.log(
    `${frames} frames, ${mutated} of them mutated, in ${seconds.toFixed(1)} s: ${speed} a second, heap ${mebibytes(growth)}`,
  )
  // On a machine that does other work too, this says what the same run does alone.
  console.log(`${cpu.toFixed(1)} s of processor time: ${perCpu} frames for each`)
}

async function main(seed: number, from: number, frames: number, processes: number): Promise<void> {
  console.log(`seed ${seed}, ${frames} frames from ${from}, ${processes} processes`)
  const [begin, end] = [Math.floor(from / FRAMES), Math.ceil((from + frames) / FRAMES)]
  const begun = performance.now()
  const reports = await Promise.all(
    Array.from({ length: Math.min(processes, end - begin) }, (_, i) =>
      work({ seed, first: begin + i, step: processes, end }),
    ),
  )
  const totals: Totals = {}
  const failures: string[] = []
  let [growth, cpu] = [0, 0]
  for (const report of reports) {
    if ('failure' in report) {
      failures.push(report.failure)
      continue
    }
    growth = Math.max(growth, report.heapGrowth)
    cpu += report.cpu / 1000
    for (const [target, sum] of Object.entries(report.totals)) addTo(totals, target, sum)
  }
  print(totals, [(performance.now() - begun) / 1000, cpu], growth)
  // Last, where whoever reads the end of a log finds it.
  for (const failure of failures) console.error(failure)
  if (failures.length > 0) process.exitCode = 1
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    frames: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '0' },
    processes: { type: 'string', default: String(availableParallelism()) },
  },
})
await main(Number(values.seed), Number(values.from), Number(values.frames), Number(values.processes))
