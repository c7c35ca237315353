import { type Environment, nodeEnvironment } from '@zookit/client'

/** Node's environment whose connections can hold back what the server sends, while what the client sends goes on. */
export class HeldLink {
  readonly #waiting: (() => void)[] = []
  #isHeld = false
  #drop = (): void => {}

  readonly environment: Environment = {
    ...nodeEnvironment,
    open: (target, handler) => {
      const space = Buffer.alloc(65_536)
      const handOver = (bytes: Uint8Array): boolean => {
        let goesOn = true
        for (let at = 0; at < bytes.length; ) {
          const target = handler.space()
          const part = bytes.subarray(at, at + target.length)
          target.set(part)
          goesOn = handler.onBytes(part.length)
          at += part.length
        }
        return goesOn
      }
      const transport = nodeEnvironment.open(target, {
        onOpen: () => handler.onOpen(),
        space: () => space,
        onBytes: size => {
          if (!this.#isHeld) return handOver(space.subarray(0, size))
          const bytes = Uint8Array.from(space.subarray(0, size))
          this.#waiting.push(() => handOver(bytes))
          return true
        },
        onDrain: held => handler.onDrain(held),
        onClose: error => handler.onClose(error),
      })
      this.#drop = () => {
        transport.destroy()
        handler.onClose(new Error('the link was dropped'))
      }
      return transport
    },
  }

  /** Holds back everything that arrives from now on. */
  hold(): void {
    this.#isHeld = true
  }

  /** Hands over what was held back, in order, and holds nothing back any more. */
  release(): void {
    this.#isHeld = false
    for (const handOver of this.#waiting.splice(0)) handOver()
  }

  /** Ends the newest connection; what was held back is lost with it. */
  drop(): void {
    this.#isHeld = false
    this.#waiting.length = 0
    this.#drop()
  }
}
