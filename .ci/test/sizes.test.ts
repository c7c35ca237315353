import { expect } from 'chai'
import { faultsOf } from '../release/sizes.ts'
import { read } from '../source/files.ts'
import { published } from '../source/needed.ts'

const BEFORE = { a: { tarball: 1000, unpacked: 5000, installed: 9000 } }

describe('the sizes of the packages', () => {
  it('may grow by a tenth, and shrink', () => {
    expect(faultsOf({ a: { tarball: 1100, unpacked: 1, installed: 9000 } }, BEFORE)).to.deep.equal([])
  })

  it('are at fault when one grows more, or is not in the table', () => {
    const grown = faultsOf({ a: { tarball: 1101, unpacked: 5000, installed: 12_000 } }, BEFORE)
    expect(grown).to.have.lengthOf(2)
    expect(grown[0]).to.include('a: tarball grew from 1000 to 1101 bytes')
    expect(faultsOf({ b: BEFORE.a }, BEFORE)).to.deep.equal(['b has no sizes yet: run with --write'])
  })

  it('stand in the table for every package that is published', () => {
    expect(Object.keys(JSON.parse(read('.ci/release/sizes.json')))).to.have.members(published)
  })
})
