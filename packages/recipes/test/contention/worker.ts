// A process of contenders: each has a client of its own, and acquires the lock again and again until it is told to
// end.

import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Environment, nodeEnvironment, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { OwnershipError } from '../../src/core/errors.ts'
import { type Lock, Mutex } from '../../src/mutex.ts'
import type { Judgement } from './ledger.ts'
import type { Assignment, FromWorker, Tally, ToWorker } from './messages.ts'
import { seeded } from './random.ts'

const cables = new Set<() => void>()
const pending = new Map<number, (judgement: Judgement) => void>()
const tally: Tally = { givenUp: 0, losses: {} }
let isFinishing = false
let requests = 0

/** Node's environment with connections that are cut when the process is told to. */
const environment: Environment = {
  ...nodeEnvironment,
  open: (target, handler) => {
    const cut = (): void => {
      transport.destroy()
      handler.onClose(new Error('the cable was cut'))
    }
    const transport = nodeEnvironment.open(target, {
      onOpen: () => handler.onOpen(),
      space: () => handler.space(),
      onBytes: size => handler.onBytes(size),
      onDrain: held => handler.onDrain(held),
      onClose: error => {
        cables.delete(cut)
        handler.onClose(error)
      },
    })
    cables.add(cut)
    return {
      write: bytes => transport.write(bytes),
      resume: () => transport.resume(),
      destroy: () => {
        cables.delete(cut)
        transport.destroy()
      },
    }
  },
}

function cutCables(): void {
  const cuts = [...cables]
  cables.clear()
  for (const cut of cuts) cut()
}

function say(message: FromWorker): void {
  process.send!(message)
}

/** Accesses the resource, and checks the lock again if the answer says that it must be lost. */
async function tell(type: 'enter' | 'access', lock: Lock): Promise<void> {
  const id = ++requests
  const answer = new Promise<Judgement>(resolve => pending.set(id, resolve))
  say({ type, id, token: lock.token })
  const { accepted, overtaken } = await answer
  if ((overtaken || !accepted) && lock.held) say({ type: 'accuse', token: lock.token })
}

/** Returns a lock, or null if it was given up: some wait as long as necessary, some for a while, some not at all. */
async function attempt(mutex: Mutex, random: () => number): Promise<Lock | null> {
  const mood = random()
  if (mood < 0.7) return await mutex.acquire()
  if (mood < 0.8) return await mutex.tryAcquire()
  const within = 1 + Math.floor(random() * 300)
  const limits = mood < 0.9 ? { timeout: within } : { signal: AbortSignal.timeout(within) }
  try {
    return await mutex.acquire(limits)
  } catch (error) {
    if (ZooKeeperError.is(error) && ['REQUEST_TIMEOUT', 'ABORTED'].includes(error.code)) return null
    throw error
  }
}

async function use(lock: Lock, random: () => number): Promise<void> {
  await tell('enter', lock)
  // Some act without another check: fencing protects against those.
  const isCareful = random() < 0.5
  for (let times = 1 + Math.floor(random() * 3); times > 0 && (lock.held || !isCareful); times--) {
    await tell('access', lock)
    await sleep(random() < 0.2 ? random() * 60 : random() * 4)
  }
  const { signal } = lock
  if (!OwnershipError.is(signal.reason)) return
  const { reason } = signal.reason
  tally.losses[reason] = (tally.losses[reason] ?? 0) + 1
}

async function contend(mutex: Mutex, random: () => number): Promise<void> {
  while (!isFinishing) {
    const lock = await attempt(mutex, random)
    if (lock === null) {
      tally.givenUp++
      await sleep(random() * 20)
      continue
    }
    await use(lock, random)
    await lock.release()
  }
}

async function work({ hosts, path, contenders, seed, sessionTimeout }: Assignment): Promise<void> {
  const clients: ZooKeeper[] = []
  const enlist = async (index: number): Promise<void> => {
    const random = seeded(seed * 1000 + index)
    const backoff = { initial: 10, max: 200 }
    const zk = await connect(hosts, { sessionTimeout, backoff, environment, closeTimeout: 2000 })
    clients.push(zk)
    const whenSuspended = index % 2 === 0 ? 'lose' : 'keep'
    await contend(new Mutex(zk, path, { whenSuspended, jitter: 50 }), random)
  }
  await Promise.all(Array.from({ length: contenders }, (_, index) => enlist(index)))
  await Promise.all(clients.map(zk => zk.close()))
  say({ type: 'tally', tally })
  process.disconnect()
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'begin') void work(message.assignment)
  else if (message.type === 'cut') cutCables()
  else if (message.type === 'finish') isFinishing = true
  else {
    pending.get(message.id)?.(message.judgement)
    pending.delete(message.id)
  }
})
process.on('disconnect', () => process.exit())
say({ type: 'ready' })
