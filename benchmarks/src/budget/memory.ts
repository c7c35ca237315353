import { spreadOf, throughput } from '../statistics.ts'
import { startTarget, type Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, cell, programs } from './context.ts'
import type { Garbage } from './programs/garbage.ts'
import type { Names } from './programs/names.ts'

const MIB = 1024 * 1024
/** The number of processes, each of which measures once. */
const RUNS = 5

/** Measures the memory of a watch, and the time to arm all of them again. */
export async function watches(budget: Budget, stub: Target): Promise<Bar[]> {
  const armed = await cell(budget, stub, { load: 'fanOut' }, ['zookit', 'node-zookeeper-client'])
  const bytes = (name: string): number[] => armed.rounds(name).map(({ bytesPerWatch }) => bytesPerWatch!)
  const again = await cell(budget, stub, { load: 'reconnect' }, ['floor', 'zookit', 'node-zookeeper-client'])
  const time = again.ratio('floor', 'zookit', throughput)
  return [
    bar('memory of a one-shot watch, 100 000 of them', 'at most', 300, 'B', spreadOf(bytes('zookit'))),
    bar(
      '  the same in node-zookeeper-client',
      'at most',
      null,
      'B',
      spreadOf(bytes('node-zookeeper-client')),
    ),
    bar('re-arming 100 000 watches: time against a bare socket', 'at most', 3, '×', time),
  ]
}

/** Flags for a huge young generation: without a collection the heap grows by exactly what is allocated. */
const NO_COLLECTION = ['--min-semi-space-size=512', '--max-semi-space-size=512']

export async function garbage(_: Budget, stub: Target): Promise<Bar[]> {
  await stub.prepare({ payload: 100, children: 0, watched: 0 })
  const runs = await programs<Garbage>(RUNS, 'garbage', { hosts: stub.hosts }, NO_COLLECTION)
  const beyond = runs.map(({ request, kept }) => request - kept)
  const bars = [
    bar('bytes allocated per getData beyond data, Stat and promise', 'at most', 200, 'B', spreadOf(beyond)),
    bar('  data, Stat and promise', 'at most', null, 'B', spreadOf(runs.map(({ kept }) => kept))),
  ]
  if (runs.some(({ collections }) => collections > 0))
    throw new Error('a garbage collection made the count invalid')
  return bars
}

/** Measures a long listing beside the least work that it needs, which is to make the strings. */
export async function names(): Promise<Bar[]> {
  const runs = await programs<Names>(RUNS, 'names')
  const ratios = runs.map(({ decode, strings }) => decode / strings)
  const what = 'getChildren of 100 000 names: decode against making the strings'
  return [
    bar(what, 'at most', 1.3, '×', spreadOf(ratios)),
    bar('  decode', 'at most', null, 'ms', spreadOf(runs.map(({ decode }) => decode))),
  ]
}

/** Measures the memory of the in-memory server. */
export async function serverMemory(): Promise<Bar[]> {
  const server = await startTarget('memory', undefined)
  try {
    const before = await server.memory!()
    await programs(1, 'fill', { hosts: server.hosts, nodes: 1_000_000, payload: 100 })
    const full = await server.memory!()
    await programs(1, 'churn', { hosts: server.hosts, cycles: 100_000 })
    const warm = await server.memory!()
    await programs(1, 'churn', { hosts: server.hosts, cycles: 1_000_000 })
    const after = await server.memory!()
    return [
      bar(
        'in-memory server, 1 000 000 znodes of 100 bytes: resident',
        'at most',
        1024,
        'MiB',
        full.rss / MIB,
      ),
      bar('  heap and buffers', 'at most', null, 'MiB', (full.heap - before.heap) / MIB),
      bar(
        'in-memory server, 1 000 000 times create and delete: growth of heap',
        'at most',
        1,
        'MiB',
        (after.heap - warm.heap) / MIB,
      ),
    ]
  } finally {
    await server.stop()
  }
}
