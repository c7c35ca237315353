import { expect } from 'chai'
import { Emitter, SessionEmitter } from '../../src/emitter.ts'
import { ZooKeeperError } from '../../src/errors.ts'

class Teller extends Emitter<{ told: (text: string) => void }> {
  constructor() {
    super(['told'])
  }

  tell(text: string): void {
    this.emit('told', text)
  }
}

describe('A listener', () => {
  it('is not called if an earlier listener of the same event has removed it', () => {
    const teller = new Teller()
    const heard: string[] = []
    const second = (text: string): void => void heard.push(`second: ${text}`)
    teller.on('told', text => {
      heard.push(`first: ${text}`)
      if (text === 'b') teller.off('told', second)
    })
    teller.on('told', second)
    for (const text of ['a', 'b', 'c']) teller.tell(text)
    expect(heard).to.deep.equal(['first: a', 'second: a', 'first: b', 'first: c'])
  })

  it('is called first for the next event if an earlier listener has added it', () => {
    const teller = new Teller()
    const heard: string[] = []
    teller.on('told', () => teller.on('told', text => void heard.push(text)))
    teller.tell('a')
    expect(heard).to.deep.equal([])
    teller.tell('b')
    expect(heard).to.deep.equal(['b'])
  })

  it('of an event that does not exist is refused, and so is anything but a function', () => {
    const teller = new Teller()
    const ignore = (): void => {}
    const wrong: [args: unknown[], reason: RegExp][] = [
      [['tolled', ignore], /there is no event "tolled"; the events are told$/],
      [[Symbol('told'), ignore], /there is no event Symbol\(told\)/],
      [['told'], /the listener must be a function, not undefined/],
      [['told', { handleEvent: ignore }], /the listener must be a function, not an object/],
      [['told', ignore, { once: true }], /too many arguments/],
    ]
    for (const operation of ['on', 'off'] as const) {
      for (const [args, reason] of wrong) {
        const call = () => (teller[operation] as (...given: unknown[]) => unknown)(...args)
        expect(call).to.throw(ZooKeeperError, reason).with.include({ code: 'BAD_ARGUMENTS', operation })
      }
    }
  })
})

class Failing extends SessionEmitter {
  change(): void {
    this.emitState(() => {}, 'closed', 'suspended')
  }

  fail(): void {
    this.notify(
      () => {
        throw new Error('a watcher')
      },
      { type: 'resync', path: '/' },
    )
  }
}

describe('An async listener of listenerError', () => {
  it('P6 is not told of its own rejection, which is an uncaught exception', async () => {
    const emitter = new Failing()
    const told: string[] = []
    emitter.on('listenerError', async error => {
      told.push((error as Error).message)
      // It ends by itself: the event loop would never turn again.
      if (told.length < 10) throw new Error('the listener')
    })
    const uncaught = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const thrown = new Promise(resolve => process.once('uncaughtException', resolve))
    try {
      emitter.fail()
      await new Promise(resolve => setImmediate(resolve))
      expect(told).to.deep.equal(['a watcher'])
      expect(((await thrown) as Error).message).to.equal('the listener')
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of uncaught) process.on('uncaughtException', listener)
    }
  })
})

describe('A listener of listenerError', () => {
  it('P6 that closes the session hears of what others throw over that, too', async () => {
    const emitter = new Failing()
    const told: string[] = []
    emitter.on('listenerError', error => {
      told.push((error as Error).message)
      if (told.length === 1) emitter.change()
    })
    emitter.on('state', () => {
      throw new Error('a listener')
    })
    emitter.on('state', (() => Promise.reject(new Error('an async listener'))) as () => void)
    emitter.fail()
    await new Promise(resolve => setImmediate(resolve))
    expect(told).to.deep.equal(['a watcher', 'a listener', 'an async listener'])
  })
})
