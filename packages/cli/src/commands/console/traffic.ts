import type { TrafficRecord } from '@zookit/console'
import { type DissectedFrame, formatFrame } from '@zookit/jute/dissect'
import { printable } from '../../text/printable.ts'
import { hex } from '../../text/stat.ts'
import { errorOf, fieldOf, PING_XID, pathsOf } from '../wire/frame-facts.ts'
import type { Peer, Taps } from '../wire/relay.ts'

/** Characters of the fields of a frame that are kept for the page. */
const MOST_FIELDS = 4000

/** Turns the frames of one connection into what the console shows. */
export function trafficTaps(
  peer: Peer,
  record: (frame: TrafficRecord) => void,
  { encrypted, failed }: Pick<Taps, 'encrypted' | 'failed'>,
): Taps {
  const pending = new Map<number, number>()
  let session: string | null = null
  return {
    encrypted,
    failed,
    frame(frame, now) {
      // Heartbeats are left out: they would hide the other frames.
      if (frame.xid === PING_XID) return
      if (frame.kind === 'connect-response') session = sessionOf(frame)
      const { side, kind, operation, xid, length, fault } = frame
      const asked = kind === 'reply' && xid !== null ? pending.get(xid) : undefined
      const at = performance.now()
      if (xid !== null && kind === 'reply') pending.delete(xid)
      if (xid !== null && kind === 'request') pending.set(xid, at)
      record({
        at: now,
        peer: peer.name,
        session,
        side,
        kind,
        operation,
        xid,
        length,
        paths: pathsOf(frame.fields),
        error: kind === 'reply' ? errorOf(frame.fields) : null,
        took: asked === undefined ? null : at - asked,
        fault: fault?.reason ?? null,
        fields: printable(formatFrame(frame).slice(0, MOST_FIELDS)),
      })
    },
  }
}

function sessionOf(frame: DissectedFrame): string | null {
  const id = fieldOf(frame.fields, 'sessionId')
  return typeof id === 'bigint' ? hex(id) : null
}
