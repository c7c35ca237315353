import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects garbage, although the process was not started for that. */
export function collectGarbage(): void {
  setFlagsFromString('--expose_gc')
  const collect: () => void = runInNewContext('gc')
  for (let times = 0; times < 3; times++) collect()
}

/** Returns the bytes of what is reachable. */
export function usedHeap(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
