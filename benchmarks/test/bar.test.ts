import { expect } from 'chai'
import { bar, cellsOfBar, met } from '../src/budget/bar.ts'
import { spreadOf } from '../src/statistics.ts'

describe('a figure of the budget', () => {
  it('is met from its bar on, or up to it', () => {
    expect(met(bar('', 'at least', 0.9, '×', 0.9))).to.equal(true)
    expect(met(bar('', 'at least', 0.9, '×', 0.89))).to.equal(false)
    expect(met(bar('', 'at most', 20, 'ms', 20))).to.equal(true)
    expect(met(bar('', 'at most', 20, 'ms', 20.1))).to.equal(false)
  })

  it('has the median round speak, and shows the others', () => {
    const one = bar('reads', 'at least', 2, '×', spreadOf([1, 3, 4]))
    expect(met(one)).to.equal(true)
    expect(cellsOfBar(one)).to.deep.equal(['reads', 'at least 2.00 ×', '3.00 ×', '1.00 × to 4.00 ×', 'met'])
  })

  it('is neither met nor missed when it is there for comparison', () => {
    const one = bar('decode', 'at most', null, 'ms', 1234.5)
    expect(met(one)).to.equal(null)
    expect(cellsOfBar(one)).to.deep.equal(['decode', '-', '1235 ms', '-', ''])
  })
})
