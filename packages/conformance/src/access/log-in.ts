import type { SaslMechanism } from '@zookit/client'
import { Reader, readSetSASLResponse } from '@zookit/jute'
import { Mismatch } from '../mismatch.ts'
import type { Address } from './access.ts'

/** The xid of the first step: far from those of the cases. */
const FIRST_XID = 0x7f00_0000
/** The most tokens of one exchange. */
const MOST_STEPS = 16

/** Sends a token with an xid, and waits for the reply: its error number, and the bytes behind its header. */
type Ask = (token: Buffer, xid: number) => Promise<{ readonly err: number; readonly bytes: Buffer }>

/**
 * Presents a SASL identity on a connection that has shaken hands.
 *
 * @throws Mismatch if the server refuses it; the mechanism's error if the server does not prove itself.
 */
export async function logIn(
  mechanism: SaslMechanism,
  { host, port, access }: Address,
  ask: Ask,
): Promise<void> {
  const server = { host, port, address: host, isPrivate: access?.tls !== null }
  const exchange = await mechanism.start(server)
  let challenge: Buffer | null = Buffer.alloc(0)
  for (let count = 0; count < MOST_STEPS; count++) {
    if (challenge === null) throw new Mismatch('a SASL token', 'none: the server has no SASL')
    const step = await exchange.step(challenge)
    const { err, bytes } = await ask(Buffer.from(step.token), FIRST_XID + count)
    if (err !== 0) throw new Mismatch(`SASL ${mechanism.name} to be accepted`, `the error ${err}`)
    challenge = readSetSASLResponse(new Reader(bytes)).token
    if (step.isLast) return exchange.verify(challenge)
  }
  throw new Mismatch('the end of the SASL exchange', `none after ${MOST_STEPS} steps`)
}
