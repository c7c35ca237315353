import { expect } from 'chai'
import fc from 'fast-check'
import { fulfil, lastResolve, pending, type Resolve, refuse, reject, soon } from '../src/requests/settling.ts'

/** Makes promises whose continuations write down their names, and settles them by name. */
class Ledger {
  readonly #resolves = new Map<string, Resolve>()
  readonly seen: string[] = []

  make(name: string): void {
    const promise = pending()
    this.#resolves.set(name, lastResolve())
    promise.then(
      value => void this.seen.push(`${name} ${value}`),
      error => void this.seen.push(`${name} ${error.message}`),
    )
  }

  settle(name: string, fails: boolean): void {
    const resolve = this.#resolves.get(name)!
    if (fails) reject(resolve, new Error('no'))
    else fulfil(resolve, 'yes')
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

describe('Settling requests', () => {
  it('runs continuations in the order in which the requests were settled, rejections and results alike', async () => {
    const action = fc.record({
      fails: fc.boolean(),
      gap: fc.constantFrom('none', 'none', 'microtask', 'turn'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40 }), async actions => {
        const ledger = new Ledger()
        for (const i of actions.keys()) ledger.make(`${i}`)
        for (const [i, { fails, gap }] of actions.entries()) {
          if (gap === 'microtask') await null
          else if (gap === 'turn') await turn()
          ledger.settle(`${i}`, fails)
        }
        await turn()
        expect(ledger.seen).to.deep.equal(actions.map(({ fails }, i) => `${i} ${fails ? 'no' : 'yes'}`))
      }),
      { numRuns: 200, seed: 7 },
    )
  })

  it('settles a result at once again when the rejections before it are over', async () => {
    const seen: string[] = []
    for (let round = 0; round < 3; round++) {
      pending().catch(() => {})
      reject(lastResolve(), new Error('no'))
      await turn()
      void pending().then(() => seen.push('result'))
      fulfil(lastResolve(), 'yes')
      void Promise.resolve().then(() => seen.push('later'))
      await turn()
    }
    expect(seen).to.deep.equal(Array.from({ length: 3 }, () => ['result', 'later']).flat())
  })

  it('gives an error the stack of the function that awaits it, and keeps that of one made where the request was', async () => {
    async function caller(settle: typeof reject): Promise<string> {
      try {
        const promise = pending()
        settle(lastResolve(), made())
        await promise
        return ''
      } catch (error) {
        return String((error as Error).stack)
      }
    }
    function made(): Error {
      return new Error('no')
    }
    expect(await caller(reject))
      .to.contain('at async caller')
      .and.not.contain('at made')
    expect(await caller(refuse)).to.contain('at made')
  })

  it('reports a rejection that nobody handles, and none that somebody does', async () => {
    const reported: unknown[] = []
    const listeners = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const report = (reason: unknown): void => void reported.push(reason)
    process.on('unhandledRejection', report)
    try {
      pending().catch(() => {})
      reject(lastResolve(), new Error('handled'))
      await turn()
      expect(reported).to.deep.equal([])
      const error = new Error('not handled')
      void pending()
      reject(lastResolve(), error)
      await turn()
      expect(reported).to.deep.equal([error])
    } finally {
      process.off('unhandledRejection', report)
      for (const listener of listeners) process.on('unhandledRejection', listener)
    }
  })

  it('runs the callbacks of `soon` in the order of the microtasks around them', async () => {
    const seen: string[] = []
    queueMicrotask(() => seen.push('first'))
    soon(() => seen.push('second'))
    queueMicrotask(() => seen.push('third'))
    await turn()
    expect(seen).to.deep.equal(['first', 'second', 'third'])
  })
})
