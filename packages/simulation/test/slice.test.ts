import { runSeed } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { chosenAreas, zookit } from '../src/zookit.ts'

const SEEDS = 20
const options = { steps: 300, pause: 100 }

describe('zookit in a simulated world', function () {
  // No time is asserted: a loaded machine takes its time for the whole slice.
  this.timeout(120_000)

  it(`T2 keeps its promises in ${SEEDS} worlds`, async () => {
    const simulation = zookit(chosenAreas(undefined))
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { failure } = await runSeed(simulation, seed, options)
      if (failure !== null) throw new Error(`pnpm simulate --seed ${seed} --steps 300`, { cause: failure })
    }
  })

  it('T2 lives through the same world again, byte by byte', async () => {
    for (const seed of [1, 2, 3]) {
      const runs = [1, 2].map(() => runSeed(zookit(chosenAreas(undefined)), seed, options))
      const [first, again] = [await runs[0]!, await runs[1]!]
      expect(again.fingerprint).to.equal(first.fingerprint)
      expect(first.events.length).to.be.greaterThan(300)
    }
  })
})
