import { expect } from 'chai'
import {
  Backoff,
  connectTimeout,
  expirationTimeout,
  MAX_TIMER,
  MIN_TIMER,
  pingInterval,
  readTimeout,
  timeoutsFor,
} from '../src/link/timeouts.ts'

describe('The timeouts of a session', () => {
  it('are T/N to connect, 2T/3 to read, T/3 to ping and 4T/3 to expire, in whole milliseconds', () => {
    expect(timeoutsFor(10_000, 3)).to.deep.equal({
      connect: 3333,
      read: 6666,
      ping: 3333,
      expiration: 13_333,
    })
    expect(timeoutsFor(4000, 1)).to.deep.equal({ connect: 4000, read: 2666, ping: 1333, expiration: 5333 })
  })

  it('send a ping every 10 s at the latest', () => {
    expect(pingInterval(30_000)).to.equal(10_000)
    expect(pingInterval(40_000)).to.equal(10_000)
    expect(pingInterval(29_997)).to.equal(9999)
  })

  it('leave each of many servers a little time', () => {
    expect(connectTimeout(3000, 1000)).to.equal(MIN_TIMER)
    expect(connectTimeout(3000, 0)).to.equal(3000)
  })

  it('S5 stay delays that no timer turns into a hot loop, for a negotiated timeout of 1 ms and of 2^31-1', () => {
    for (const session of [1, 2, 9, 30, 31, 2 ** 31 - 1, 2 ** 31 - 2, Number.MAX_SAFE_INTEGER, Infinity]) {
      for (const delay of Object.values(timeoutsFor(session, 3))) {
        expect(delay).to.be.within(10, 2 ** 31 - 1)
        expect(delay).to.satisfy(Number.isInteger)
      }
    }
    expect(expirationTimeout(2 ** 31 - 1)).to.equal(MAX_TIMER)
    expect(readTimeout(2 ** 31 - 1)).to.equal(1_431_655_764)
  })

  it('S5 ping before they read in vain, and read in vain before they expire, also for 1 ms', () => {
    for (const session of [1, 10, 29, 30, 100, 2 ** 31 - 1]) {
      const { ping, read, expiration } = timeoutsFor(session, 1)
      expect(ping).to.be.lessThan(read)
      expect(read).to.be.lessThan(expiration)
    }
  })
})

describe('Backoff', () => {
  const almostOne = () => 1 - 2 ** -53

  it('spreads the n-th delay over [0, min(max, initial * 2^n))', () => {
    const backoff = new Backoff({ initial: 100, max: 1000 })
    const ceilings = Array.from({ length: 6 }, () => backoff.next(almostOne))
    expect(ceilings).to.deep.equal([99, 199, 399, 799, 999, 999])
    const low = new Backoff({ initial: 100, max: 1000 })
    expect([low.next(() => 0), low.next(() => 0.5), low.next(() => 0.25)]).to.deep.equal([0, 100, 100])
  })

  it('starts again after a reset', () => {
    const backoff = new Backoff({ initial: 100, max: 1000 })
    for (let i = 0; i < 5; i++) backoff.next(almostOne)
    backoff.reset()
    expect(backoff.next(almostOne)).to.equal(99)
    expect(backoff.next(almostOne)).to.equal(199)
  })

  it('never exceeds its maximum, nor what a timer can hold', () => {
    const small = new Backoff({ initial: 500, max: 200 })
    expect(small.next(almostOne)).to.equal(199)
    small.reset()
    expect(small.next(almostOne)).to.equal(199)
    const large = new Backoff({ initial: 1000, max: Number.MAX_VALUE })
    for (let i = 0; i < 2000; i++) expect(large.next(almostOne)).to.be.lessThan(2 ** 31)
  })
})
