import { expect } from 'chai'
import { cellsOf } from '../src/loads.ts'
import { paceOf } from '../src/pace.ts'

const EFFORT = { rounds: 15, seconds: 0.05, warmUp: 0.5 }

describe("A benchmark's pace", () => {
  it('is what the command line says for an ordinary load', () => {
    for (const cell of cellsOf('getData', { inFlight: [1, 64, 1000] })) {
      expect(paceOf(cell, EFFORT)).to.deep.equal(EFFORT)
    }
  })

  it('has longer rounds, and fewer, where many are in flight', () => {
    const [cell] = cellsOf('getData', { inFlight: [5000] })
    expect(paceOf(cell!, EFFORT)).to.deep.equal({ ...EFFORT, rounds: 5, seconds: 0.15 })
  })

  it('never shortens what the command line says, and never has less than five rounds where it says more', () => {
    const [cell] = cellsOf('getData', { inFlight: [100_000] })
    expect(paceOf(cell!, { ...EFFORT, seconds: 2 })).to.deep.equal({ ...EFFORT, seconds: 2 })
    expect(paceOf(cell!, EFFORT).rounds).to.equal(5)
    expect(paceOf(cell!, { ...EFFORT, rounds: 2 }).rounds).to.equal(2)
  })

  it('leaves an open loop the requests that its highest percentile is taken of', () => {
    const [cell] = cellsOf('latency', {})
    const { rounds, seconds } = paceOf(cell!, EFFORT)
    expect(cell!.rate * seconds).to.be.at.least(10_000)
    expect(rounds).to.equal(5)
  })

  it('has few rounds of what is one event each', () => {
    for (const name of ['storm', 'fanOut', 'reconnect']) {
      expect(paceOf(cellsOf(name, {})[0]!, EFFORT)).to.deep.equal({ ...EFFORT, rounds: 9 })
    }
  })
})
