import { expect } from 'chai'
import { createdAt, isEphemeral, modifiedAt } from '../src/stat.ts'

describe('A Stat', () => {
  it('has the times of the creation and of the last change', () => {
    expect(createdAt({ ctime: 1_700_000_000_123 }).toISOString()).to.equal('2023-11-14T22:13:20.123Z')
    expect(modifiedAt({ mtime: 0 }).toISOString()).to.equal('1970-01-01T00:00:00.000Z')
  })

  it('is that of an ephemeral znode if it has an owner, also one whose id has the top bit set', () => {
    expect(isEphemeral({ ephemeralOwner: 0n })).to.equal(false)
    expect(isEphemeral({ ephemeralOwner: 0x100000000000001n })).to.equal(true)
    expect(isEphemeral({ ephemeralOwner: -(2n ** 63n) })).to.equal(true)
  })
})
