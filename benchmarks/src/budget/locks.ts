import { startServer } from '@zookit/test-fixtures'
import { AS_IN_PRODUCTION } from '../production.ts'
import { type Contestant, type Rival, rivals, startZookit } from '../recipes/contestant.ts'
import { LOADS, measureLocks, ratioTo } from '../recipes/locks.ts'
import { spreadOf } from '../statistics.ts'
import { type Bar, bar } from './bar.ts'

const PACE = { rounds: 5, seconds: 1.5, warmUp: 3 }

/** Measures Mutex beside Curator's InterProcessMutex, on one real server in turns. */
export async function locks(): Promise<Bar[]> {
  await using server = await startServer(AS_IN_PRODUCTION)
  const contestants: Contestant[] = []
  try {
    const zookit = await startZookit(server.hosts)
    contestants.push(zookit)
    const curator = await rivals.curator(server.hosts)
    contestants.push(curator)
    const bars: Bar[] = []
    for (const load of LOADS) {
      const result = await measureLocks(
        load,
        zookit,
        new Map<Rival, Contestant>([['curator', curator]]),
        PACE,
      )
      bars.push(
        bar(`Mutex, ${load.name}: against Curator`, 'at least', 1.5, '×', ratioTo(result, 'curator')),
        bar('  a second', 'at least', null, '', spreadOf(result.zookit)),
      )
    }
    return bars
  } finally {
    await Promise.all(contestants.map(contestant => contestant.end()))
  }
}
