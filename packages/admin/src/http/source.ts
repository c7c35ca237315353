import type { Readable } from 'node:stream'
import { AdminError, type AdminErrorDetails } from '../admin-error.ts'

/** The bytes that a caller gives to be sent. Its failures are told as the caller's, not as those of the server. */
export class Source {
  readonly #stream: Readable
  readonly #details: AdminErrorDetails
  #isWaitedFor = false

  constructor(stream: Readable, details: AdminErrorDetails) {
    this.#stream = stream
    this.#details = details
  }

  /** True while the stream is to give its next bytes. */
  get isWaitedFor(): boolean {
    return this.#isWaitedFor
  }

  /** Passes the bytes on. @throws AdminError SOURCE_FAILED. */
  async *bytes(): AsyncGenerator<string | Uint8Array, void, undefined> {
    this.#isWaitedFor = true
    try {
      for await (const chunk of this.#stream) {
        this.#isWaitedFor = false
        if (!isBytes(chunk)) throw new TypeError(`it gives a value of the type ${typeof chunk}, not bytes`)
        yield chunk
        this.#isWaitedFor = true
      }
    } catch (cause) {
      const told = cause instanceof Error ? cause.message : String(cause)
      const reason = `the stream that was to be sent failed: ${told}`
      throw new AdminError('SOURCE_FAILED', reason, { ...this.#details, cause })
    } finally {
      this.#isWaitedFor = false
    }
  }

  destroy(): void {
    this.#stream.destroy()
  }
}

function isBytes(chunk: unknown): chunk is string | Uint8Array {
  return typeof chunk === 'string' || chunk instanceof Uint8Array
}
