import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'

// zookit itself is never imported: the names of its channels are all that this package needs of it, so that it sees every
// copy of zookit in the process, and a program that does not use zookit loads nothing.

const requests = tracingChannel('zookit:request')
const waits = tracingChannel('zookit:recipe')

/** The name of a channel here. */
type Name =
  | 'requestBegun'
  | 'requestEnded'
  | 'state'
  | 'watchEvent'
  | 'setWatches'
  | 'waitBegun'
  | 'waitEnded'
  | 'hold'

/** The channels of zookit, by what they tell. */
export const channels: Readonly<Record<Name, Channel>> = {
  requestBegun: requests.start as unknown as Channel,
  requestEnded: requests.asyncEnd as unknown as Channel,
  state: channel('zookit:state'),
  watchEvent: channel('zookit:watch-event'),
  setWatches: channel('zookit:setWatches'),
  waitBegun: waits.start as unknown as Channel,
  waitEnded: waits.asyncEnd as unknown as Channel,
  hold: channel('zookit:hold'),
}

/**
 * Subscribes to a channel. A tracer or a meter that throws must not end the program: Node takes what a subscriber throws for an
 * uncaught exception. It is told of once.
 *
 * @returns a function that ends it.
 */
export function hear<Message>(source: Channel, handle: (message: Message) => void): () => void {
  let isTold = false
  const listener = (message: unknown): void => {
    try {
      handle(message as Message)
    } catch (error) {
      if (!isTold) warn(source, error)
      isTold = true
    }
  }
  source.subscribe(listener)
  return () => void source.unsubscribe(listener)
}

function warn({ name }: Channel, error: unknown): void {
  const told = error instanceof Error ? error.message : typeof error
  const message = `@zookit/opentelemetry: a tracer or a meter failed on ${String(name)}: ${told}. Further failures there are not told`
  process.emitWarning(message, { type: 'ZooKeeperWarning', code: 'ZOOKIT_OPENTELEMETRY' })
}
