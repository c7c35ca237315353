import { Child } from '../child.ts'
import { nodeProcess } from '../paths.ts'
import { spreadOf } from '../statistics.ts'
import { startTarget, type Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, programs } from './context.ts'
import type { Idle } from './programs/idle.ts'
import type { Slow, SlowOrder } from './programs/slow-link.ts'
import type { Heard, Order } from './programs/watchers.ts'
import { Relay } from './relay.ts'

const SESSIONS = 1000
const LISTENERS = 10
/** Processes of watchers of each side, the turns of each, and those before them, until its code is compiled. */
const WATCHING = 4
const TURNS = 15
const WARM_UP_TURNS = 25
const KIB = 1024
/** Runs of idle processes, and the seconds that each is left alone before and in the measurement: a session sends a ping every ten. */
const IDLE_RUNS = 5
const IDLE_SETTLE = 30
const IDLE_SECONDS = 20

/** Measures one process of watchers. @returns the milliseconds of its turns. */
async function fireOn(stub: Target, bare: boolean): Promise<number[]> {
  const child = new Child('watchers', nodeProcess('budget/programs/watchers.js'))
  const ask = (order: Order) => child.ask<Heard & { error?: string }>(order, 120)
  const times: number[] = []
  try {
    await ask({ hosts: stub.hosts, sessions: SESSIONS, listeners: LISTENERS, bare })
    for (let turn = -WARM_UP_TURNS; turn < TURNS; turn++) {
      await ask({ step: 'arm' })
      const heard = ask({ step: 'heard' })
      const began = await stub.fire(1)
      const { at } = await heard
      if (turn >= 0) times.push(at - began)
    }
  } finally {
    await child.end()
  }
  return times
}

/** Measures one event on many sessions, from its firing to the last callback, beside bare sockets in turns. */
export async function manyWatchers(_: Budget, stub: Target): Promise<Bar[]> {
  await stub.prepare({ payload: 100, children: 0, watched: 1 })
  const ours: number[] = []
  const theirs: number[] = []
  // The stub fires on all connections: processes take turns as a whole.
  for (let i = 0; i < WATCHING; i++) {
    theirs.push(...(await fireOn(stub, true)))
    ours.push(...(await fireOn(stub, false)))
  }
  const ratios = spreadOf(ours.map((time, turn) => time / theirs[turn]!))
  return [
    bar(
      '10 000 watchers of a znode over 1 000 sessions: fire to the last callback, against bare sockets',
      'at most',
      1.5,
      '×',
      ratios,
    ),
    bar('  its time', 'at most', null, 'ms', spreadOf(ours)),
  ]
}

/** Measures sessions that do nothing. */
export async function idleSessions(_: Budget, stub: Target): Promise<Bar[]> {
  const order = { hosts: stub.hosts, sessions: SESSIONS, settle: IDLE_SETTLE, seconds: IDLE_SECONDS }
  const bare = await programs<Idle>(1, 'idle', { ...order, settle: 0, seconds: 0, bare: true })
  const ours = await programs<Idle>(IDLE_RUNS, 'idle', { ...order, bare: false })
  const beyond = spreadOf(ours.map(({ bytes }) => (bytes - bare[0]!.bytes) / KIB))
  return [
    bar('1 000 idle sessions: memory of each beyond its socket', 'at most', 16, 'KiB', beyond),
    bar('  CPU of all of them', 'at most', 1, '% of a core', spreadOf(ours.map(({ share }) => share * 100))),
  ]
}

const RATE = 2_000_000
const WRITES = { count: 24, bytes: 1_000_000 }
const WATCHES = { count: 100_000, length: 121 }

/** Measures a link that is slower than what a client sends. */
export async function slowLink(): Promise<Bar[]> {
  const server = await startTarget('memory', undefined)
  const relay = await Relay.start(server.hosts)
  const child = new Child('slow-link', nodeProcess('budget/programs/slow-link.js'))
  const run = (order: SlowOrder) => child.ask<Slow & { error?: string }>(order, 120)
  try {
    await run({ step: 'connect', hosts: relay.hosts })
    await run({ step: 'watch', ...WATCHES })
    relay.limit(RATE)
    relay.cut()
    relay.mend()
    const again = await run({ step: 'restored' })
    const written = await run({ step: 'write', ...WRITES })
    // A frame has four bytes for each length of a path besides the path itself.
    const paths = (WATCHES.count * (WATCHES.length + 4)) / RATE
    return [
      bar(
        '24 MB of writes over 2 MB/s: time against that of the link',
        'at most',
        1.1,
        '×',
        written.seconds / ((WRITES.count * WRITES.bytes) / RATE),
      ),
      bar(
        '12.5 MB of watches after a reconnect over 2 MB/s: the same',
        'at most',
        1.1,
        '×',
        again.seconds / paths,
      ),
      bar('  connections lost in both, beside the one that was cut', 'at most', 0, '', written.lost - 1),
    ]
  } finally {
    await child.end()
    await relay.stop()
    await server.stop()
  }
}
