import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { usedTime } from './used-time.ts'

/** A seed for a worker. */
export interface Job {
  readonly seed: number
  readonly steps: number
  readonly only: string | undefined
}

/** The result of a seed. */
export interface Report {
  readonly seed: number
  /** The promise that did not hold, or null. */
  readonly reason: string | null
  /** The area whose step or check noticed it, or null: an error that nobody caught, or a world that stood still. */
  readonly area: string | null
  readonly fingerprint: string
  readonly events: number
  /** The changes of sessions' states in the run: see `edgeOf`. */
  readonly edges: readonly string[]
}

/** Options of a pool. */
export interface PoolOptions {
  /** Seeds that run at a time. */
  readonly processes: number
  /** The folder that stands for the repository's. Default: this one. */
  readonly root?: string
  /** The folder into which the processes write what they have run, for V8's coverage. Default: none. */
  readonly coverage?: string | undefined
  /** Milliseconds of the processor after which a seed's process counts as frozen. Default: 120 000. */
  readonly patience?: number
}

/** The milliseconds of the processor that one seed may take: the slowest that holds takes a quarter of it, and half on a machine with a load of 12. */
const PATIENCE = 120_000
/** Milliseconds between two looks at a process. */
const LOOK = 200

const WORKER = 'packages/simulation/src/runner/worker.ts'
/** Most of what a run makes is garbage soon, and nobody reads the stacks of its errors: a replay shows them. */
const FAST = ['--max-semi-space-size=64', '--stack-trace-limit=0']

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/**
 * Runs seeds in processes of their own, so that a loop that never gives the event loop back is found too: its process
 * is ended, and the seed is reported as frozen.
 *
 * @param jobs the seeds.
 * @param onReport is called with each report; returns false to stop.
 */
export async function runPool(
  jobs: Iterator<Job>,
  { processes, root = ROOT, coverage, patience = PATIENCE }: PoolOptions,
  onReport: (report: Report) => boolean,
): Promise<void> {
  let going = true
  const next = (): Job | undefined => {
    const { value, done } = jobs.next()
    return going && !done ? value : undefined
  }
  const report = (each: Report): void => {
    if (!onReport(each)) going = false
  }
  const env = coverage === undefined ? process.env : { ...process.env, NODE_V8_COVERAGE: coverage }
  const start = (): ChildProcess =>
    fork(join(root, WORKER), {
      cwd: root,
      env,
      execArgv: [...process.execArgv, ...FAST],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  await Promise.all(Array.from({ length: processes }, () => serve(next, report, start, patience)))
}

/** Keeps one worker busy, and replaces it when it froze. */
async function serve(
  next: () => Job | undefined,
  report: (report: Report) => void,
  start: () => ChildProcess,
  patience: number,
): Promise<void> {
  let worker: ChildProcess | null = null
  for (let job = next(); job !== undefined; job = next()) {
    worker ??= start()
    const outcome = await answer(worker, job, patience)
    report(outcome)
    if (worker.exitCode !== null || worker.signalCode !== null) worker = null
  }
  if (worker === null) return
  worker.disconnect()
  await once(worker, 'exit')
}

function answer(worker: ChildProcess, job: Job, patience: number): Promise<Report> {
  const { seed } = job
  return new Promise(resolve => {
    const settle = (report: Report): void => {
      clearInterval(looking)
      worker.off('message', settle)
      worker.off('exit', onExit)
      resolve(report)
    }
    const dead = (reason: string): Report => ({
      seed,
      reason,
      area: null,
      fingerprint: '',
      events: 0,
      edges: [],
    })
    const onExit = (code: number | null, signal: string | null): void => {
      settle(
        dead(
          signal === 'SIGKILL'
            ? 'frozen: the event loop never came back'
            : `the process ended with ${code ?? signal}`,
        ),
      )
    }
    const looking = killWhenUsed(worker, patience)
    worker.on('message', settle)
    worker.on('exit', onExit)
    worker.send(job)
  })
}

/**
 * Kills a process that has used so much of the processor from now on. The wall clock would tell of a slow machine, too; it counts
 * only where the system does not say what a process uses.
 */
function killWhenUsed(worker: ChildProcess, patience: number): NodeJS.Timeout {
  const [begun, before] = [performance.now(), usedTime(worker.pid!)]
  return setInterval(() => {
    const now = usedTime(worker.pid!)
    const used = before === null || now === null ? performance.now() - begun : now - before
    if (used > patience) worker.kill('SIGKILL')
  }, LOOK)
}
