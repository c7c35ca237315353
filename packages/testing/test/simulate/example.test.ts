import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { shop } from '../../examples/stock.simulation.ts'
import { SimulationError, simulate } from '../../src/simulate/index.ts'

const PAGE = readFileSync(new URL('../../../../docs/simulation.md', import.meta.url), 'utf8')

describe('The example of a simulation', () => {
  for (const name of ['stock.ts', 'stock.simulation.ts']) {
    it(`is in docs/simulation.md word for word: ${name}`, () => {
      const source = readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')
      expect(PAGE).to.include(`\`\`\`ts\n${source}\`\`\`\n`)
    })
  }

  it('finds the planted fault, and shrinks the schedule to two sales', async () => {
    const error = await simulate(shop, { seeds: 100, steps: 100 }).catch(reason => reason)
    expect(error).to.be.instanceOf(SimulationError)
    const { schedule, failure } = (error as SimulationError).result
    expect(schedule).to.have.length(2)
    expect(schedule.every(({ kind }) => kind.startsWith('sell'))).to.equal(true)
    expect(String(failure)).to.include('2 pieces were sold, and 999 of 1000 are left')
    expect(PAGE).to.include(error.message.split('\n').slice(0, 6).join('\n'))
  })
})
