// The promises of a client and nothing else: one for each request, awaited, settled in order, with no bytes, no socket and
// no records. Its growth with more requests in flight is the cost of promises that live longer in the garbage collector.

import type { RequestLoad } from './support/cell.ts'
import type { Client, Connection, Issue } from './support/client.ts'
import { fail } from './support/client.ts'
import { roundsOf, serve } from './support/serve.ts'

/** The number of replies of 100 bytes that one read of a socket brings. */
const AT_A_TIME = 380
/** The mask for the index of a promise. */
const MASK = (1 << 17) - 1

type Resolve = (value: unknown) => void

let captured: Resolve
const capture = (resolve: Resolve): void => void (captured = resolve)

class Promises implements Connection {
  readonly #ring = new Array<Resolve | undefined>(MASK + 1)
  #head = 0
  #tail = 0
  #due = false

  requests(): Partial<Record<RequestLoad, Issue>> {
    return { getData: done => void this.#request().then(done, fail) }
  }

  async close(): Promise<void> {}

  #request(): Promise<unknown> {
    const promise = new Promise<unknown>(capture)
    this.#ring[this.#tail++ & MASK] = captured
    if (!this.#due) {
      this.#due = true
      setImmediate(this.#settle)
    }
    return promise
  }

  readonly #settle = (): void => {
    const end = Math.min(this.#head + AT_A_TIME, this.#tail)
    while (this.#head < end) {
      const at = this.#head++ & MASK
      this.#ring[at]!(undefined)
      this.#ring[at] = undefined
    }
    this.#due = this.#head < this.#tail
    if (this.#due) setImmediate(this.#settle)
  }
}

const client: Client = { sessions: [], connect: async () => new Promises() }
await serve(process.version, roundsOf(client))
