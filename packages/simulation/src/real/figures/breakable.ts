import { type Environment, nodeEnvironment, type Transport, type TransportHandler } from '@zookit/connection'

/** Node's environment with connections that can be broken, whatever is on them. */
export class Breakable {
  #open: { readonly transport: Transport; readonly handler: TransportHandler } | null = null

  readonly environment: Environment = {
    ...nodeEnvironment,
    open: (target, handler) => {
      const transport = nodeEnvironment.open(target, handler)
      this.#open = { transport, handler }
      return transport
    },
  }

  /** Breaks the newest connection, as a reset by the network does: what is on the way in either direction is lost. */
  break(): void {
    const open = this.#open
    this.#open = null
    if (open === null) return
    open.transport.destroy()
    open.handler.onClose(new Error('the connection was broken on purpose'))
  }
}
