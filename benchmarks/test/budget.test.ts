import { expect } from 'chai'
import { bar, cellsOfBar, met } from '../src/budget/bar.ts'
import { merge, type Part, pageTable, withTable } from '../src/budget/saved.ts'
import { machine } from '../src/results.ts'
import { spreadOf } from '../src/statistics.ts'

describe('a figure of the budget', () => {
  it('is met from its bar on, or up to it', () => {
    expect(met(bar('', 'at least', 0.9, '×', 0.9))).to.equal(true)
    expect(met(bar('', 'at least', 0.9, '×', 0.89))).to.equal(false)
    expect(met(bar('', 'at most', 20, 'ms', 20))).to.equal(true)
    expect(met(bar('', 'at most', 20, 'ms', 20.1))).to.equal(false)
  })

  it('has the median round as its value, and shows the range', () => {
    const one = bar('reads', 'at least', 2, '×', spreadOf([1, 3, 4]))
    expect(met(one)).to.equal(true)
    expect(cellsOfBar(one)).to.deep.equal(['reads', 'at least 2.00 ×', '3.00 ×', '2.00 × to 3.50 ×', 'met'])
  })

  it('is neither met nor missed if it has no limit', () => {
    const one = bar('decode', 'at most', null, 'ms', 1234.5)
    expect(met(one)).to.equal(null)
    expect(cellsOfBar(one)).to.deep.equal(['decode', '-', '1235 ms', '-', ''])
  })
})

describe('the saved figures of the budget', () => {
  const part = (name: string, value: number): Part => ({
    part: name,
    on: { ...machine(), node: 'v20.1.0', commit: 'abc', loadAverage: value },
    bars: [bar(`${name} ${value}`, 'at most', 2, 'ms', value)],
  })

  it('are replaced by newer ones part by part, in an order of their own', () => {
    const merged = merge([part('a', 1), part('b', 1)], [part('c', 2), part('a', 2)], ['c', 'b', 'a'])
    expect(merged.map(({ bars }) => bars[0]!.what)).to.deep.equal(['c 2', 'b 1', 'a 2'])
  })

  it('are kept for each release of Node, and named by it in the table', () => {
    const newer = (value: number): Part => ({ ...part('a', value), on: { ...machine(), node: 'v24.1.0' } })
    const merged = merge([newer(1), part('a', 2)], [newer(3), part('b', 4)], ['b', 'a'])
    expect(merged.map(({ bars }) => bars[0]!.what)).to.deep.equal(['b 4', 'a 2', 'a 3'])
    const table = pageTable(merged)
    expect(table).to.contain('| a 2 | at most').and.contain('| a 3, on Node 24 | at most')
  })

  it('are formatted as a table, with the machine and its load', () => {
    const table = pageTable([part('a', 1), part('b', 3)])
    expect(table).to.contain('| a 1 | at most 2.00 ms | 1.00 ms | - | met |')
    expect(table).to.contain('| b 3 | at most 2.00 ms | 3.00 ms | - | missed |')
    expect(table).to.match(/ at abc: Node .*; load average 1\.0 to 3\.0\.$/)
    const other = part('c', 1)
    Object.assign(other.on, { at: '2020-01-02T03:04:05Z', cpu: 'another' })
    expect(pageTable([part('a', 1), other])).to.match(
      /Measured on 2020-01-02, .* and Node [^;]* × another; load/,
    )
  })

  it('replace the text between two marks of the page, and nothing else', () => {
    const page = 'a\n<!-- budget: printed by `pnpm bench:budget --save` -->\nold\n<!-- end of budget -->\nb\n'
    const once = withTable(page, 'new')
    expect(once).to.equal(page.replace('old', 'new'))
    expect(withTable(once, 'new')).to.equal(once)
    expect(() => withTable('a page', 'new')).to.throw('no place')
  })
})
