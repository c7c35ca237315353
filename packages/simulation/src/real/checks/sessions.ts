import { failNow } from '../../violation.ts'
import { TICK } from '../place/cluster.ts'
import { type Evidence, ofKind } from './evidence.ts'

/** Milliseconds by which `certain` may be wrong: guarantees.md says why. */
const SLACK = TICK / 2

/** Sessions: none is certain that has ended at the servers. */
export function checkCertain({ histories, sessionEnds }: Evidence): void {
  const ends = new Map(sessionEnds.map(({ session, at }) => [session, at]))
  for (const { client, life, entries } of histories)
    for (const { session, at } of ofKind(entries, 'certain')) {
      const end = ends.get(session)
      if (end !== undefined && at > end + SLACK)
        failNow(
          `${client}#${life} was certain of session ${session}, ${Math.round(at - end)} ms after its end`,
        )
    }
}

/** Certificates: nobody who checks them is connected to a server whose certificate has expired. */
export function checkCertificates({ histories, faults, secureClient, secureServers }: Evidence): void {
  const expired = faults.filter(({ kind }) => kind === 'show an expired certificate')
  for (const { client, entries } of histories) {
    if (client !== secureClient) continue
    for (const { at, state, server } of ofKind(entries, 'state'))
      if (state === 'connected' && server !== null)
        for (const { who, since, until } of expired)
          if (secureServers.get(server) === who && at > since && at < until)
            failNow(`${client} has taken ${who}, whose certificate has expired`)
  }
}
