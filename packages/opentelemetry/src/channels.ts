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

/** Subscribes to a channel. @returns a function that ends it. */
export function hear<Message>(source: Channel, handle: (message: Message) => void): () => void {
  const listener = (message: unknown): void => handle(message as Message)
  source.subscribe(listener)
  return () => void source.unsubscribe(listener)
}
