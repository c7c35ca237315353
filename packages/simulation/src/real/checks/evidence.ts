import type { About, ClientHistory, Entry, Outcome } from '../entries.ts'
import type { Fault } from '../inflict.ts'
import type { EnsembleHistory } from '../truth/ensemble-history.ts'
import type { Tree } from '../truth/tree.ts'

/** All that is known of a run when it is over. */
export interface Evidence extends EnsembleHistory {
  readonly histories: readonly ClientHistory[]
  readonly faults: readonly Fault[]
  /** The tree when all faults and all calls were over. */
  readonly quiet: Tree
  /** The tree when all clients were closed. */
  readonly after: Tree
  /** The client that speaks TLS, or null. */
  readonly secureClient: string | null
  /** The ports for TLS of the members, as the client names them. */
  readonly secureServers: ReadonlyMap<string, string>
}

/** A call of a client, from its begin to its end. */
export interface Call extends About {
  /** The client and the number of its process. */
  readonly who: string
  readonly called: number
  /** Infinity if the process was killed before it had ended. */
  ended: number
  outcome: Outcome | 'pending'
  code: string | undefined
}

/** Returns the calls of all clients, in no order. */
export function callsOf(histories: readonly ClientHistory[]): Call[] {
  return histories.flatMap(({ client, life, entries }) => {
    const calls = new Map<number, Call>()
    for (const entry of entries) {
      if (entry.kind === 'call') {
        const { at, kind, id, ...about } = entry
        const open = { ended: Number.POSITIVE_INFINITY, outcome: 'pending', code: undefined } as const
        calls.set(id, { ...about, who: `${client}#${life}`, called: at, ...open })
      } else if (entry.kind === 'end') {
        const call = calls.get(entry.id)!
        call.ended = entry.at
        call.outcome = entry.outcome
        call.code = entry.code
      }
    }
    return [...calls.values()]
  })
}

/** Entries of one kind. */
export function ofKind<Kind extends Entry['kind']>(
  entries: readonly Entry[],
  kind: Kind,
): Extract<Entry, { kind: Kind }>[] {
  return entries.filter(entry => entry.kind === kind) as Extract<Entry, { kind: Kind }>[]
}
