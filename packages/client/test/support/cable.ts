import { type Environment, nodeEnvironment } from '../../src/index.ts'

type Handler = Parameters<Environment['open']>[1]
type Transport = ReturnType<Environment['open']>

/** Node's environment, with a cable to the servers that a test can cut and pull out. */
export class Cable {
  readonly environment: Environment = {
    ...nodeEnvironment,
    open: (target, handler) => this.#open(target, handler),
  }
  readonly #ends = new Map<Transport, Handler>()
  #plugged = true
  /** The number of connections opened so far. */
  opened = 0

  /** The number of open connections. */
  get open(): number {
    return this.#ends.size
  }

  /** Cuts every connection; new ones can be opened. */
  cut(): void {
    for (const [transport, handler] of [...this.#ends]) {
      transport.destroy()
      handler.onClose(new Error('the cable was cut'))
    }
  }

  /** Cuts every connection; no new one can be opened. */
  pull(): void {
    this.#plugged = false
    this.cut()
  }

  plug(): void {
    this.#plugged = true
  }

  #open(target: Parameters<Environment['open']>[0], handler: Handler): Transport {
    this.opened++
    const held: Handler = {
      onOpen: () => handler.onOpen(),
      space: () => handler.space(),
      onBytes: size => handler.onBytes(size),
      onDrain: held => handler.onDrain(held),
      onClose: error => {
        this.#ends.delete(transport)
        handler.onClose(error)
      },
    }
    const real = this.#plugged ? nodeEnvironment.open(target, held) : unplugged(held)
    const transport: Transport = {
      write: bytes => real.write(bytes),
      resume: () => real.resume(),
      destroy: () => {
        this.#ends.delete(transport)
        real.destroy()
      },
    }
    this.#ends.set(transport, held)
    return transport
  }
}

function unplugged(handler: Handler): Transport {
  let dead = false
  setImmediate(() => dead || handler.onClose(new Error('the cable is not plugged in')))
  return {
    write: () => 0,
    resume: () => {},
    destroy: () => {
      dead = true
    },
  }
}
