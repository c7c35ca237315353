import { readFileSync } from 'node:fs'

/** Milliseconds of a tick in which Linux counts the time of a process. */
const TICK = 10

/**
 * Returns the milliseconds of the processor that a process has used, or null where the system has no `/proc`, and when the
 * process is gone.
 */
export function usedTime(pid: number): number | null {
  try {
    // The name in parentheses may have blanks: the fields are counted from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK
  } catch {
    return null
  }
}
