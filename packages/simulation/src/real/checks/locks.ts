import { Tokens } from '../../checkers/tokens.ts'
import { failNow } from '../../violation.ts'
import { LOCKS, resourceOf } from '../client/loads/locks.ts'
import type { ClientHistory } from '../entries.ts'
import { type Evidence, ofKind } from './evidence.ts'

/** A time in which a lock was certainly held. */
interface Hold {
  readonly who: string
  readonly path: string
  readonly token: bigint
  readonly from: number
  to: number
}

/** Returns the holds of a process: from a look at which the lock was held to the last such look. */
function holdsOf({ client, life, entries }: ClientHistory): Hold[] {
  const holds = new Map<number, Hold>()
  const granted = new Map(ofKind(entries, 'grant').map(grant => [grant.id, grant]))
  for (const { id, at } of ofKind(entries, 'held')) {
    const { path, token } = granted.get(id)!
    const hold = holds.get(id)
    if (hold === undefined)
      holds.set(id, { who: `${client}#${life}`, path, token: BigInt(token), from: at, to: at })
    else hold.to = at
  }
  return [...holds.values()]
}

/** Locks: one certain holder at a time; tokens grow from holder to holder, and at the resource. */
export function checkLocks({ histories, history }: Evidence): void {
  const tokens = new Tokens()
  const holds = histories.flatMap(holdsOf).sort((a, b) => a.from - b.from)
  const last = new Map<string, Hold>()
  for (const hold of holds) {
    const { who, path, token, from, to } = hold
    tokens.give(`${who} got ${path}`, path, token)
    const before = last.get(path)
    if (before !== undefined && before.to > from)
      failNow(
        `${path} is certainly held by ${before.who} (token ${before.token}) and by ${who} (token ${token})`,
      )
    if (before === undefined || to > before.to) last.set(path, hold)
  }
  for (const path of LOCKS.map(resourceOf))
    checkResource(
      path,
      history.of(path).map(({ data }) => data),
    )
}

function checkResource(path: string, written: readonly (string | null)[]): void {
  let newest = 0n
  for (const data of written) {
    const token = /^-?\d+$/.test(data ?? '') ? BigInt(data!) : 0n
    if (token < newest) failNow(`${path} was written with token ${token}, after it had been with ${newest}`)
    newest = token
  }
}
