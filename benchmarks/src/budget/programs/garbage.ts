// Measures the bytes allocated per getData, and those of its result alone: the growth of the heap over many requests with
// no collection in between. The result alone is made from the same bytes in the same way: a promise, a copy of the data, a
// Stat, and the caller's continuation.

import { PerformanceObserver } from 'node:perf_hooks'
import { connect } from '@zookit/client'
import { Reader, readGetDataResponse, readStat, Writer, writeGetDataResponse } from '@zookit/jute'
import { nodePath } from '../../stub/control.ts'
import { answer } from './answer.ts'

export interface Garbage {
  /** All bytes per getData. */
  request: number
  /** Bytes of data, Stat and promise. */
  kept: number
  /** The collections during the count. Any collection makes the figures invalid. */
  collections: number
}

const IN_FLIGHT = 1000
const WARM_UP = 300_000
const COUNTED = 200_000

let collections = 0
new PerformanceObserver(list => (collections += list.getEntries().length)).observe({ entryTypes: ['gc'] })

/** Issues `total` requests, a fixed number at a time. Each calls its callback when it is done. */
function many(total: number, issue: (done: () => void) => void): Promise<void> {
  return new Promise(resolve => {
    let issued = 0
    let done = 0
    const next = (): void => {
      if (++done === total) resolve()
      else if (issued < total) send()
    }
    const send = (): void => {
      issued++
      issue(next)
    }
    for (let i = 0; i < IN_FLIGHT; i++) send()
  })
}

async function bytesPer(issue: (done: () => void) => void): Promise<number> {
  await many(WARM_UP, issue)
  globalThis.gc?.()
  await pause()
  const before = collections
  const heap = process.memoryUsage().heapUsed
  await many(COUNTED, issue)
  const grown = process.memoryUsage().heapUsed - heap
  await pause()
  counted += collections - before
  return grown / COUNTED
}

/** Waits until the observer has received its entries. */
function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 50))
}

let counted = 0
let settle: (value: unknown) => void
const catchResolve = (resolve: (value: unknown) => void): void => void (settle = resolve)
const fail = (error: unknown): never => {
  throw error
}

/** Makes results like a socket does: all promises of one read are made, and then settled one by one. */
function givenAlone(): (done: () => void) => void {
  const writer = new Writer()
  const stat = readStat(new Reader(Buffer.alloc(68, 1)))
  writeGetDataResponse(writer, { data: Buffer.alloc(100), stat })
  const bytes = Buffer.from(writer.written())
  const reader = new Reader(bytes)
  const waiting = new Array<(value: unknown) => void>(IN_FLIGHT)
  let filled = 0
  const answerAll = (): void => {
    const count = filled
    filled = 0
    for (let i = 0; i < count; i++) waiting[i]!(readGetDataResponse(reader.seek(0, bytes.length)))
  }
  return done => {
    new Promise(catchResolve).then(done, fail)
    if (filled === 0) setImmediate(answerAll)
    waiting[filled++] = settle
  }
}

await answer<{ hosts: string }>(async ({ hosts }) => {
  const zk = await connect(hosts)
  const path = nodePath(100)
  const request = await bytesPer(done => void zk.getData(path).then(done, fail))
  await zk.close()
  const kept = await bytesPer(givenAlone())
  return { request, kept, collections: counted } satisfies Garbage
})
