// Measures a listing of 100 000 names: decoding it, and making strings from the same bytes.

import { Reader, readGetChildren2Response, type Stat, Writer, writeGetChildren2Response } from '@zookit/jute'
import { childName } from '../../stub/control.ts'
import { answer } from './answer.ts'

/** Medians in milliseconds. */
export interface Names {
  decode: number
  strings: number
}

const COUNT = 100_000
const TIMES = 31

function listing(): Buffer {
  const stat: Stat = {
    czxid: 1n,
    mzxid: 1n,
    ctime: 1,
    mtime: 1,
    version: 0,
    cversion: COUNT,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 0,
    numChildren: COUNT,
    pzxid: 1n,
  }
  const writer = new Writer()
  writeGetChildren2Response(writer, { children: Array.from({ length: COUNT }, (_, i) => childName(i)), stat })
  return writer.written()
}

/** Does the least work that the result needs: one string for each name, in an array. */
function strings(bytes: Buffer): string[] {
  const found: string[] = []
  let at = 4
  for (let i = 0; i < COUNT; i++) {
    const end = at + 4 + bytes.readInt32BE(at)
    found.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  return found
}

function milliseconds(run: () => unknown): number {
  const began = performance.now()
  run()
  return performance.now() - began
}

await answer(() => {
  const bytes = listing()
  const reader = new Reader(bytes)
  const times: Record<keyof Names, number[]> = { decode: [], strings: [] }
  for (let i = 0; i < TIMES; i++) {
    globalThis.gc?.()
    times.decode.push(milliseconds(() => readGetChildren2Response(reader.seek(0, bytes.length))))
    globalThis.gc?.()
    times.strings.push(milliseconds(() => strings(bytes)))
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[TIMES >> 1]!
  return { decode: median(times.decode), strings: median(times.strings) } satisfies Names
})
