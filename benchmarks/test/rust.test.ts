import { expect } from 'chai'
import { Measured } from '../src/budget/context.ts'
import { better } from '../src/budget/rust.ts'
import { client } from './support/rounds.ts'

describe('the rounds of the Rust client that count', () => {
  const opsOf = (measured: Measured) => better(measured).map(({ ops }) => ops)

  it('are the faster half of its rounds, on one thread or on several', () => {
    const one = client('rust', [100, 900, 1000, 200, 800])
    const several = client('rust-multi', [500, 500, 500, 500, 1200])
    expect(opsOf(new Measured([one, several]))).to.deep.equal([1000, 900, 800])
    expect(opsOf(new Measured([client('rust', [100, 150]), several]))).to.deep.equal([1200, 500, 500])
  })

  it('are none where it cannot be built', () => {
    expect(opsOf(new Measured([client('zookit', [1])]))).to.deep.equal([])
  })
})
