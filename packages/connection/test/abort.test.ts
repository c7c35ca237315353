import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { whenAborted } from '../src/index.ts'

describe('whenAborted', () => {
  it('adds one listener to a signal for any number of waiters, and removes it with the last', () => {
    const { signal } = new AbortController()
    const ends = Array.from({ length: 100 }, () => whenAborted(signal, () => {}))
    expect(getEventListeners(signal, 'abort')).to.have.lengthOf(1)
    for (const end of ends.slice(1)) end()
    expect(getEventListeners(signal, 'abort')).to.have.lengthOf(1)
    ends[0]!()
    expect(getEventListeners(signal, 'abort')).to.have.lengthOf(0)
    whenAborted(signal, () => {})
    expect(getEventListeners(signal, 'abort')).to.have.lengthOf(1)
  })

  it('calls back once for each wait, in the order of the calls, also if they share a function', () => {
    const controller = new AbortController()
    const heard: string[] = []
    const twice = (): void => void heard.push('twice')
    whenAborted(controller.signal, () => heard.push('first'))
    whenAborted(controller.signal, twice)
    whenAborted(controller.signal, twice)
    controller.abort()
    controller.abort()
    expect(heard).to.deep.equal(['first', 'twice', 'twice'])
    expect(getEventListeners(controller.signal, 'abort')).to.have.lengthOf(0)
  })

  it('does not call a waiter that ended its wait, even in the callback of another', () => {
    const controller = new AbortController()
    const heard: string[] = []
    const ends: (() => void)[] = []
    ends.push(whenAborted(controller.signal, () => heard.push('ended before')))
    whenAborted(controller.signal, () => {
      heard.push('first')
      ends[1]!()
    })
    ends.push(whenAborted(controller.signal, () => heard.push('ended meanwhile')))
    whenAborted(controller.signal, () => heard.push('last'))
    ends[0]!()
    ends[0]!()
    controller.abort()
    expect(heard).to.deep.equal(['first', 'last'])
  })

  it('calls the other callbacks too when one throws, whose error becomes an uncaught exception', async () => {
    const controller = new AbortController()
    const uncaught = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const thrown = new Promise(resolve => process.once('uncaughtException', resolve))
    try {
      let heard = 0
      whenAborted(controller.signal, () => {
        throw new Error('mine')
      })
      whenAborted(controller.signal, () => heard++)
      controller.abort()
      expect(heard).to.equal(1)
      expect(await thrown).to.have.property('message', 'mine')
    } finally {
      for (const listener of uncaught) process.on('uncaughtException', listener)
    }
  })

  it('keeps the waiters of different signals apart', () => {
    const [one, other] = [new AbortController(), new AbortController()]
    let heard = 0
    whenAborted(one.signal, () => heard++)
    whenAborted(other.signal, () => (heard += 10))
    other.abort()
    expect(heard).to.equal(10)
  })
})
