import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** The state of a thread in its `stat`: stopped, traced, or at its end. */
const STANDS = /\) [TtXZ] /
/** Milliseconds between two looks. */
const POLL = 2

/**
 * Waits until each thread of a process that was sent SIGSTOP stands still. The signal is delivered to one thread, which has to
 * run before it stops the others: on a busy machine these go on answering meanwhile. Returns at once where there is no `/proc`.
 */
export async function stopped(pid: number): Promise<void> {
  while (!(await standsStill(pid))) await sleep(POLL)
}

async function standsStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
  const reads = threads.map(thread => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => null))
  const states = await Promise.all(reads)
  return states.every(state => state === null || STANDS.test(state))
}
