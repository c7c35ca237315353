import { withJson } from '@zookit/jute'

/** A `WatchEvent` that tells of a change. */
interface ChangeEvent {
  type: 'created' | 'deleted' | 'changed' | 'children'
  path: string
  zxid: bigint
}

// The problem: an event has a method for JSON that no copy and no comparison sees, and only `Object.defineProperty` can give it to
// an object. That is a long way through native code: 0.4 us right after it was run, and more than 1 us for an event of one of many
// sessions, which finds it out of the processor's cache: a tenth of all that such an event takes. The trick: events are made a
// batch at a time, so that all but the first of them find the code at hand. The invariant: an event leaves the stock when it is handed
// out, and is never put back. Measure it with `pnpm bench:budget --only watchers`.
const BATCH = 32
const stock: ChangeEvent[] = []

/** Returns a new event. */
export function changeEvent(type: ChangeEvent['type'], path: string, zxid: bigint): ChangeEvent {
  const event = stock.pop() ?? restocked()
  event.type = type
  event.path = path
  event.zxid = zxid
  return event
}

/** Makes a batch of events. @returns one of them; the others are in stock. */
function restocked(): ChangeEvent {
  for (let i = 1; i < BATCH; i++) stock.push(blank())
  return blank()
}

function blank(): ChangeEvent {
  return withJson({ type: 'changed', path: '', zxid: 0n })
}
