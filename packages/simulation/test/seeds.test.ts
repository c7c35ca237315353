import { runSeed } from '@zookit/testing/simulate'
import { chosenAreas, zookit } from '../src/zookit.ts'

/** Seeds in which a promise, or the check of one, was wrong once. A step that is added to an area makes other worlds of them. */
const SEEDS: Readonly<Record<number, string>> = {
  3241: 'a machine was suspended for less than its clocks can tell, and an item was due by them',
  2562: 'leases are renewed long after the faults have ended',
  1131: 'many candidates wait behind a window of one, and the list of all would be too long for a reply',
  11184: 'a server that was about to stop when the faults ended starts again at once',
  6: 'newer data settles the update before it, which no server accepts',
}

describe('zookit in a world that once failed', function () {
  // No time is asserted: a loaded machine takes its time.
  this.timeout(120_000)

  for (const [seed, what] of Object.entries(SEEDS)) {
    it(`T2 keeps its promises where ${what}`, async () => {
      const { failure } = await runSeed(zookit(chosenAreas(undefined)), Number(seed), {
        steps: 500,
        pause: 100,
      })
      if (failure !== null) throw new Error(`pnpm simulate --seed ${seed}`, { cause: failure })
    })
  }
})
