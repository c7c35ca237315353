// pnpm fuzz [--seed N] [--frames N] [--from N]
//
// Exits with 1, and says how to see it again, where a frame makes a decoder do what none may: throw anything but a
// JuteError, allocate more than the frame's size, take more than 50 ms, or leave memory behind.

import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const BATCH = 100_000
const MOST_MILLISECONDS = 50
const MOST_HEAP = 64 * 2 ** 20

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function main(seed: number, from: number, frames: number): void {
  console.log(`seed ${seed}, ${frames} frames`)
  fuzz(seed, from, Math.min(frames, BATCH))
  const heap = heapUsed()
  const begun = performance.now()
  const totals = new Map<string, number>()
  let slowest = 0
  for (let at = from; at < from + frames; at += BATCH) {
    const report = fuzz(seed, at, Math.min(BATCH, from + frames - at))
    slowest = Math.max(slowest, report.slowest)
    for (const [key, count] of report.outcomes) totals.set(key, (totals.get(key) ?? 0) + count)
  }
  const seconds = (performance.now() - begun) / 1000
  const grown = heapUsed() - heap
  for (const [key, count] of [...totals].sort()) console.log(`${key.padEnd(32)} ${count}`)
  console.log(
    `${Math.round(frames / seconds)} frames/s, slowest ${slowest.toFixed(2)} ms, heap ${mebibytes(grown)}`,
  )
  if (slowest > MOST_MILLISECONDS) throw new Error(`a frame took ${slowest} ms`)
  if (grown > MOST_HEAP) throw new Error(`the heap grew by ${mebibytes(grown)}`)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    frames: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '0' },
  },
})
main(Number(values.seed), Number(values.from), Number(values.frames))
