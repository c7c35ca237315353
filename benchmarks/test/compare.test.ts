import { expect } from 'chai'
import { compare, describeChanges } from '../src/compare.ts'
import { cellsOf } from '../src/loads.ts'
import type { ClientResult } from '../src/measure.ts'
import { newResults, type Results } from '../src/results.ts'
import { client } from './support/rounds.ts'

function results(...clients: ClientResult[]): Results {
  const cell = cellsOf('getData', { inFlight: [64] })[0]!
  const found = newResults('stub', { rounds: 3, seconds: 1, warmUp: 1 })
  return { ...found, cells: [{ ...cell, clients, skipped: [] }] }
}

const LEAN = client('lean', [1000, 1000, 1000])

describe('two runs of a benchmark, compared', () => {
  it('have no differences if they are the same', () => {
    const run = results(LEAN, client('zookit', [500, 510, 490]))
    expect(compare(run, run, 10)).to.deep.equal([])
    expect(describeChanges([])).to.equal('Nothing changed beyond noise.')
  })

  it('show a regression if the client is slower than the tolerance allows', () => {
    const before = results(LEAN, client('zookit', [800, 801, 802]))
    const after = results(LEAN, client('zookit', [400, 401, 402]))
    const [change] = compare(before, after, 10)
    expect(change).to.include({ client: 'zookit', what: 'throughput × lean', regression: true })
    expect(change!.better).to.be.closeTo(-50, 1)
    expect(describeChanges([change!])).to.match(/^REGRESSION getData, 64 in flight, zookit: .* 50 % worse$/)
  })

  it('show a change for the worse within the tolerance, and one for the better, without calling them regressions', () => {
    const before = results(LEAN, client('zookit', [800, 801, 802]))
    const slower = compare(before, results(LEAN, client('zookit', [760, 761, 762])), 10)
    const faster = compare(before, results(LEAN, client('zookit', [900, 901, 902])), 10)
    expect(slower.map(({ regression }) => regression)).to.deep.equal([false])
    expect(faster.map(({ better }) => better > 12)).to.deep.equal([true])
  })

  it('ignore a change if a single round contradicts it', () => {
    const before = results(LEAN, client('zookit', [800, 801, 802]))
    expect(compare(before, results(LEAN, client('zookit', [400, 401, 801])), 1)).to.deep.equal([])
    expect(compare(before, results(LEAN, client('zookit', [400, 401, 799])), 1)).to.have.length(1)
  })

  it('are compared by ratio: a slower machine changes nothing, and neither do the references', () => {
    const floor = client('floor', [100, 100, 100])
    const before = results(LEAN, floor, client('zookit', [800, 801, 802], 2))
    const after = results(client('lean', [500, 500, 500], 2), floor, client('zookit', [400, 400, 401], 4))
    expect(compare(before, after, 10)).to.deep.equal([])
  })

  it('are compared by absolute figures if they have no reference in common', () => {
    const before = results(client('zookit', [800, 801, 802], 1))
    const after = results(LEAN, client('zookit', [800, 801, 802], 3))
    expect(compare(before, after, 10)).to.deep.include({
      cell: 'getData, 64 in flight',
      client: 'zookit',
      what: 'CPU µs/op',
      before: 1,
      after: 3,
      better: -200,
      regression: true,
    })
  })

  it('ignore cells and clients that only one of them has', () => {
    const before = results(LEAN)
    const after = results(LEAN, client('zookit', [1, 1, 1]))
    expect(compare(before, after, 10)).to.deep.equal([])
    expect(compare({ ...before, cells: [] }, after, 10)).to.deep.equal([])
  })
})
