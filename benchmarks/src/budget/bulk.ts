import { type Spread, spreadOf } from '../statistics.ts'
import { nodePath } from '../stub/control.ts'
import { startTarget, type Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, programs } from './context.ts'
import type { Bulk } from './programs/bulk.ts'

/** The number of processes, each of which measures once, and of the rounds before. */
const RUNS = 21
const WARM_UP = 3
/** The same on a real server, which takes a hundred times as long. */
const REAL_RUNS = 5
const REAL_WARM_UP = 1
const PAYLOAD = 100

/** Measures one promise for many reads beside a promise for each. */
export async function bulkReads(_: Budget, stub: Target): Promise<Bar[]> {
  await stub.prepare({ payload: PAYLOAD, children: 0, watched: 0 })
  const order = { hosts: stub.hosts, path: nodePath(PAYLOAD), warmUp: WARM_UP }
  const runs = await programs<Bulk>(RUNS, 'bulk', order)
  const ratio = (of: keyof Bulk, to: keyof Bulk) => ratioOf(runs, of, to)
  return [
    bar(
      'getMany of 1 000 znodes: CPU per znode against a getData each',
      'at most',
      0.5,
      '×',
      ratio('few', 'eachOfFew'),
    ),
    bar('  of 100 000', 'at most', 0.5, '×', ratio('many', 'eachOfMany')),
    bar('  of 100 000, against getMany of 1 000', 'at most', 1.25, '×', ratio('many', 'few')),
    bar(
      'streamMany of 100 000 znodes: CPU per znode against a getData each',
      'at most',
      0.5,
      '×',
      ratio('streamed', 'eachOfMany'),
    ),
    bar('  against streamMany of 1 000', 'at most', 1.25, '×', ratio('streamed', 'fewStreamed')),
    bar('  against getMany of 1 000', 'at most', 1.25, '×', ratio('streamed', 'few')),
    bar(
      'making and holding 100 000 results of one reply, without a client, against 1 000',
      'at most',
      null,
      '×',
      ratio('heldMany', 'heldFew'),
    ),
    bar(
      'getMany of 100 000 without Stats, against with them',
      'at most',
      null,
      '×',
      ratio('manyWithoutStat', 'many'),
    ),
    ...(await onRealServer()),
  ]
}

/** Measures the same where each read is answered when its turn comes, not with hundreds of others in one read. */
async function onRealServer(): Promise<Bar[]> {
  const real = await startTarget('real', undefined)
  try {
    await real.prepare({ payload: PAYLOAD, children: 0, watched: 0 })
    const order = { hosts: real.hosts, path: nodePath(PAYLOAD), warmUp: REAL_WARM_UP }
    const runs = await programs<Bulk>(REAL_RUNS, 'bulk', order)
    return [
      bar(
        'getMany of 1 000 znodes of a real server: CPU per znode against a getData each',
        'at most',
        0.5,
        '×',
        ratioOf(runs, 'few', 'eachOfFew'),
      ),
      bar('  of 100 000', 'at most', 0.5, '×', ratioOf(runs, 'many', 'eachOfMany')),
      bar('  of 100 000, against getMany of 1 000', 'at most', 1.25, '×', ratioOf(runs, 'many', 'few')),
    ]
  } finally {
    await real.stop()
  }
}

function ratioOf(runs: readonly Bulk[], of: keyof Bulk, to: keyof Bulk): Spread {
  return spreadOf(runs.map(run => run[of] / run[to]))
}
