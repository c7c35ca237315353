import { type Environment, nodeEnvironment } from '@zookit/client'

/**
 * Counts round trips: how often the client wrote after it had read something, or for the first time. Writes before
 * the answers to earlier ones belong to the same round trip. Sessions of such tests are long, so that no ping comes
 * in between.
 */
export class RoundTrips {
  #count = 0
  #answered = true

  readonly environment: Environment = {
    ...nodeEnvironment,
    open: (target, handler) => {
      const transport = nodeEnvironment.open(target, {
        onOpen: () => handler.onOpen(),
        space: () => handler.space(),
        onBytes: size => {
          this.#answered = true
          return handler.onBytes(size)
        },
        onDrain: held => handler.onDrain(held),
        onClose: error => handler.onClose(error),
      })
      return {
        write: bytes => {
          if (this.#answered) this.#count++
          this.#answered = false
          return transport.write(bytes)
        },
        resume: () => transport.resume(),
        destroy: () => transport.destroy(),
      }
    },
  }

  /** Returns the number since the last call. */
  take(): number {
    const count = this.#count
    this.#count = 0
    this.#answered = true
    return count
  }
}
