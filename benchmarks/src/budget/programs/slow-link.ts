// Writes much over a slow link, or loses a connection with many watches on one. Each line is a step.

import { connect, type ZooKeeper } from '@zookit/client'
import { answer } from './answer.ts'

export type SlowOrder =
  | { step: 'connect'; hosts: string }
  /** Writes `count` times `bytes`. */
  | { step: 'write'; count: number; bytes: number }
  /** Sets watches on paths of a length. */
  | { step: 'watch'; count: number; length: number }
  /** Waits for the answer to a request after the watches; counts from the loss. */
  | { step: 'restored' }

export interface Slow {
  /** Seconds. */
  seconds: number
  /** The number of lost connections so far. */
  lost: number
}

let zk: ZooKeeper
let lost = 0
let lostAt = 0
let restored: Promise<number>

/** The sessions live longer than the link takes; a server that does not answer for two thirds of that counts as dead. */
const SESSION_TIMEOUT = 6000
/** Watches that are set at a time: setting them is not measured. */
const AT_A_TIME = 1000

async function open(hosts: string): Promise<void> {
  zk = await connect(hosts, { sessionTimeout: SESSION_TIMEOUT, backoff: { initial: 50, max: 50 } })
  zk.on('state', state => {
    if (state === 'suspended') {
      lost++
      lostAt = performance.now()
    }
  })
}

async function write(count: number, bytes: number): Promise<number> {
  await zk.ensurePath('/slow')
  const data = Buffer.alloc(bytes, 'x')
  const began = performance.now()
  await Promise.all(Array.from({ length: count }, () => zk.setData('/slow', data)))
  return performance.now() - began
}

async function watch(count: number, length: number): Promise<void> {
  const paths = Array.from({ length: count }, (_, index) => `/${String(index).padStart(length - 1, '0')}`)
  for (let at = 0; at < count; at += AT_A_TIME) {
    const some = paths.slice(at, at + AT_A_TIME)
    await Promise.all(some.map(path => zk.exists(path, { watch: () => {} })))
  }
  restored = new Promise(resolve => {
    const onState = (): void => {
      if (zk.state === 'connected') return
      zk.off('state', onState)
      zk.exists('/', { retry: 1000 }).then(() => resolve(performance.now() - lostAt))
    }
    zk.on('state', onState)
  })
}

async function run(order: SlowOrder): Promise<number> {
  if (order.step === 'connect') await open(order.hosts)
  else if (order.step === 'watch') await watch(order.count, order.length)
  else if (order.step === 'write') return write(order.count, order.bytes)
  else return restored
  return 0
}

await answer<SlowOrder>(async order => ({ seconds: (await run(order)) / 1000, lost }) satisfies Slow)
