import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fail } from '../support/client.ts'
import { CLOSE, handshake } from './frames.ts'

const READ_SIZE = 64 * 1024

/**
 * A socket that counts incoming frames. It reads the length fields and nothing else: the least work of any client.
 */
export class BareSocket {
  readonly socket: Socket
  readonly #input = Buffer.allocUnsafeSlow(READ_SIZE)
  readonly #view = new DataView(this.#input.buffer)
  /** The missing bytes of a frame whose length field was read. */
  #owed = 0
  /** The bytes of an incomplete length field at the front of the input. */
  #kept = 0
  /** Called once for each read with the number of frames that ended in it. */
  onFrames: (count: number) => void = () => {}

  constructor(hosts: string) {
    const [host, port] = hosts.split(',')[0]!.split(':') as [string, string]
    const onread = {
      buffer: () => (this.#kept === 0 ? this.#input : this.#input.subarray(this.#kept)),
      callback: (size: number) => {
        const count = this.#cut(this.#kept + size)
        if (count > 0) this.onFrames(count)
        return true
      },
    }
    this.socket = connect({ host, port: Number(port), noDelay: true, onread })
    this.socket.on('error', fail)
  }

  /** Does the handshake; requests may follow. @returns the answer, with which another connection can take over. */
  async shake(previous?: Buffer): Promise<Buffer> {
    this.socket.write(handshake(previous))
    await this.frames(1)
    return Buffer.from(this.#input.subarray(0, 41))
  }

  /** Resolves when a number of frames have arrived. */
  frames(count: number): Promise<void> {
    return new Promise(resolve => {
      this.onFrames = found => {
        count -= found
        if (count <= 0) resolve()
      }
    })
  }

  /** Ends the session. */
  async close(): Promise<void> {
    this.socket.write(CLOSE)
    await once(this.socket, 'close')
  }

  #cut(end: number): number {
    const view = this.#view
    let at = this.#owed
    if (at > end) {
      this.#owed = at - end
      return 0
    }
    let count = at > 0 ? 1 : 0
    while (end - at >= 4) {
      const next = at + 4 + view.getInt32(at)
      if (next > end) {
        this.#owed = next - end
        this.#kept = 0
        return count
      }
      count++
      at = next
    }
    this.#owed = 0
    if (at < end) this.#input.copyWithin(0, at, end)
    this.#kept = end - at
    return count
  }
}
