import { expect } from 'chai'
import { cellsOf } from '../src/loads.ts'
import type { CellResult, ClientResult } from '../src/measure.ts'
import { spreadOf, summarize } from '../src/statistics.ts'
import { cellTable } from '../src/table.ts'
import { client, round } from './support/rounds.ts'

function cell(...clients: ClientResult[]): CellResult {
  return { ...cellsOf('getData', { inFlight: [64] })[0]!, clients, skipped: [] }
}

describe('the summary of the rounds of a benchmark', () => {
  it('has their median, the width of their middle half, and their extremes', () => {
    expect(spreadOf([4, 2, 1000, 1, 3])).to.deep.equal({
      median: 3,
      spread: 2,
      middle: [2, 4],
      low: 1,
      high: 1000,
    })
    expect(spreadOf([7])).to.deep.equal({ median: 7, spread: 0, middle: [7, 7], low: 7, high: 7 })
  })

  it('is per operation, and has the median of the rounds', () => {
    const [summary] = summarize(cell(client('zookit', [100, 900, 200], 3)))
    expect(summary).to.deep.include({ client: 'zookit', serverCpu: null, rss: 1e6, bytesPerWatch: null })
    expect(summary!.throughput.median).to.equal(200)
    expect(summary!.cpu.median).to.equal(3)
    expect(summary!.p99.median).to.equal(20)
  })

  it('is compared with each reference round by round, so that a slow turn counts in both', () => {
    // The machine was ten times slower in the second turn: the ratio does not see it.
    const cells = cell(client('floor', [1000, 100, 1000], 1), client('zookit', [500, 50, 500], 4))
    const zookit = summarize(cells)[1]!
    expect(zookit.against.floor!.throughput).to.deep.equal({
      median: 0.5,
      spread: 0,
      middle: [0.5, 0.5],
      low: 0.5,
      high: 0.5,
    })
    expect(zookit.against.floor!.cpu.median).to.equal(4)
    expect(zookit.against).not.to.have.property('lean')
  })

  it('has the best round for CPU time, because noise can only add to it', () => {
    const lean = { ...client('lean', []), rounds: [round(100, 5), round(100, 2)] }
    const zookit = { ...client('zookit', []), rounds: [round(100, 3), round(100, 9)] }
    expect(summarize(cell(lean, zookit))[1]!.against.lean!.bestCpu).to.equal(1.5)
  })

  it('is formatted with its ratios and the reason for each client that is missing', () => {
    const result = cell(client('floor', [1000, 1000]), client('zookit', [250, 250], 2))
    result.skipped.push({ client: 'kazoo', reason: 'needs Python 3' })
    const text = cellTable(result)
    expect(text).to.contain('getData, 64 in flight')
    expect(text).to.match(/zookit .* 250 .*0\.250 \| - \| -/)
    expect(text).to.contain('kazoo: needs Python 3')
  })
})
