import { nodeEnvironment } from '@zookit/connection'

/** Node's environment with a cable that can be pulled, to show a lost connection. */
export class Cable {
  readonly environment: typeof nodeEnvironment = {
    ...nodeEnvironment,
    open: (target, handler) => {
      const transport = nodeEnvironment.open(target, handler)
      this.pull = () => {
        transport.destroy()
        handler.onClose(new Error('the cable was pulled'))
      }
      return transport
    },
  }

  /** Ends the newest connection. */
  pull: () => void = () => {}
}
