import { spreadOf } from '../statistics.ts'
import { nodePath } from '../stub/control.ts'
import type { Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, programs } from './context.ts'
import type { Bulk } from './programs/bulk.ts'

/** The number of processes, each of which measures once. */
const RUNS = 21
const PAYLOAD = 100

/** Measures one promise for many reads beside a promise for each. */
export async function bulkReads(_: Budget, stub: Target): Promise<Bar[]> {
  await stub.prepare({ payload: PAYLOAD, children: 0, watched: 0 })
  const runs = await programs<Bulk>(RUNS, 'bulk', { hosts: stub.hosts, path: nodePath(PAYLOAD) })
  const ratio = (of: keyof Bulk, to: keyof Bulk) => spreadOf(runs.map(run => run[of] / run[to]))
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
  ]
}
