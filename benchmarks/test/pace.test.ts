import { expect } from 'chai'
import { cellsOf } from '../src/loads.ts'
import { paceOf } from '../src/pace.ts'

const EFFORT = { rounds: 15, seconds: 0.05, warmUp: 0.5 }

describe("A benchmark's pace", () => {
  it('is that of the command line for an ordinary load', () => {
    for (const cell of cellsOf('getData', { inFlight: [1, 64, 1000] })) {
      expect(paceOf(cell, EFFORT)).to.deep.equal(EFFORT)
    }
  })

  it('has longer and fewer rounds with many requests in flight', () => {
    const [cell] = cellsOf('getData', { inFlight: [5000] })
    expect(paceOf(cell!, EFFORT)).to.deep.equal({ ...EFFORT, rounds: 5, seconds: 0.15 })
  })

  it('is never shorter than on the command line, and never has less than five rounds if the command line has more', () => {
    const [cell] = cellsOf('getData', { inFlight: [100_000] })
    expect(paceOf(cell!, { ...EFFORT, seconds: 2 })).to.deep.equal({ ...EFFORT, seconds: 2 })
    expect(paceOf(cell!, EFFORT).rounds).to.equal(5)
    expect(paceOf(cell!, { ...EFFORT, rounds: 2 }).rounds).to.equal(2)
  })

  it('gives an open loop enough requests for its highest percentile', () => {
    const [cell] = cellsOf('latency', {})
    const { rounds, seconds } = paceOf(cell!, EFFORT)
    expect(cell!.rate * seconds).to.be.at.least(10_000)
    expect(rounds).to.equal(5)
  })

  it('has few rounds if each round is one event', () => {
    for (const name of ['storm', 'fanOut', 'reconnect']) {
      expect(paceOf(cellsOf(name, {})[0]!, EFFORT)).to.deep.equal({ ...EFFORT, rounds: 9 })
    }
  })
})
