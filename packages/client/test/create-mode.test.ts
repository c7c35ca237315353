import { CreateFlag } from '@zookit/jute'
import { expect } from 'chai'
import { type CreateMode, isContainer, isSequential, isTtl } from '../src/create-mode.ts'

describe('A create mode', () => {
  const modes = Object.keys(CreateFlag) as CreateMode[]

  it('is sequential if the server appends a number to the name', () => {
    expect(modes.filter(isSequential)).to.deep.equal([
      'persistent-sequential',
      'ephemeral-sequential',
      'ttl-sequential',
    ])
  })

  it('takes a time to live in the ttl modes', () => {
    expect(modes.filter(isTtl)).to.deep.equal(['ttl', 'ttl-sequential'])
  })

  it('is that of a container in one case', () => {
    expect(modes.filter(isContainer)).to.deep.equal(['container'])
  })
})
