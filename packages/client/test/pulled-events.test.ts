import { expect } from 'chai'
import { PulledEvents } from '../src/pulled-events.ts'

/** Yields a letter whenever it is let, and notes what becomes of it. */
function letters(log: string[]): {
  generate(signal: AbortSignal): AsyncGenerator<string, void>
  let(): void
} {
  let go = (): void => {}
  async function* generate(signal: AbortSignal): AsyncGenerator<string, void> {
    try {
      for (const letter of ['a', 'b', 'c']) {
        log.push(`asked for ${letter}`)
        await new Promise<void>((resolve, reject) => {
          go = resolve
          signal.addEventListener('abort', () => reject(signal.reason))
        })
        yield letter
      }
    } finally {
      log.push('over')
    }
  }
  return { generate, let: () => go() }
}

describe('An iterator over a generator', () => {
  it('runs the generator one value at a time, and only when its consumer asks for one', async () => {
    const log: string[] = []
    const { generate, let: go } = letters(log)
    const pulled = new PulledEvents(undefined, generate)
    expect(log).to.deep.equal([])
    const first = pulled.next()
    go()
    expect(await first).to.deep.equal({ value: 'a', done: false })
    expect(log).to.deep.equal(['asked for a'])
    const rest = [pulled.next(), pulled.next(), pulled.next(), pulled.next()]
    for (const next of rest.slice(0, 2)) {
      await Promise.resolve()
      go()
      await next
    }
    expect((await Promise.all(rest)).map(({ value }) => value)).to.deep.equal([
      'b',
      'c',
      undefined,
      undefined,
    ])
    expect(log.at(-1)).to.equal('over')
  })

  it('ends at once when its consumer leaves it, whatever the generator waits for', async () => {
    const log: string[] = []
    const pulled = new PulledEvents(undefined, letters(log).generate)
    const waiting = [pulled.next(), pulled.next()]
    await pulled.return()
    expect((await Promise.all(waiting)).map(({ done }) => done)).to.deep.equal([true, true])
    await new Promise(resolve => setImmediate(resolve))
    expect(log).to.deep.equal(['asked for a', 'over'])
    expect(await pulled.next()).to.deep.equal({ value: undefined, done: true })
  })

  it('ends with the error that the generator throws, once, and passes the signal to the generator', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    for (const early of [true, false]) {
      const pulled = new PulledEvents(stop.signal, letters([]).generate)
      const failing = early ? pulled.next() : undefined
      if (early) stop.abort(reason)
      expect(stop.signal.aborted).to.equal(true)
      if (failing) expect(await failing.catch(error => error)).to.equal(reason)
      else await pulled.return()
      expect(await pulled.next()).to.deep.equal({ value: undefined, done: true })
    }
  })
})
