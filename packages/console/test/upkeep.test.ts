import { expect } from 'chai'
import { Upkeep } from '../page/upkeep.ts'

describe('What keeps something on the page right', () => {
  it('is done once more for whoever asks, however close to the end of a run', async () => {
    for (let turns = 0; turns < 8; turns++) {
      let runs = 0
      const upkeep = new Upkeep(async () => void runs++)
      const first = upkeep.ask()
      for (let turn = 0; turn < turns; turn++) await null
      const before = runs
      await upkeep.ask()
      await first
      expect(runs, `asked after ${turns} turns`).to.be.above(before)
    }
  })

  it('is done again after a failure, until it succeeds', async () => {
    let runs = 0
    const done = new Promise<void>(resolve => {
      const upkeep = new Upkeep(async () => {
        if (++runs < 3) throw new Error('not yet')
        resolve()
      })
      void upkeep.ask()
    })
    await done
    expect(runs).to.equal(3)
  })
})
