import { checkRealTime, checkSwaps, Seen, type Swap } from '../../checkers/registers.ts'
import { failNow } from '../../violation.ts'
import { FIRST, REGISTERS } from '../client/loads/registers.ts'
import { type Call, callsOf, type Evidence, ofKind } from './evidence.ts'

function swapOf({ who, path, token, expected, called, ended, outcome }: Call): Swap {
  const what = `setData ${path} of ${who} to ${token}`
  return { what, token: token!, path: path!, expected: expected!, called, ended, outcome }
}

/** Registers: compare-and-set is linearizable, and no process reads an older state than it has seen or made. */
export function checkRegisters({ histories, history }: Evidence): void {
  const swaps = callsOf(histories)
    .filter(({ action }) => action === 'swap')
    .map(swapOf)
  for (const path of REGISTERS)
    checkSwaps(
      history.of(path).filter(({ type }) => type === 'setData'),
      swaps.filter(each => each.path === path),
      FIRST,
    )
  checkRealTime(new Map(swaps.map(each => [each.token, each])), history.commits)
  const seen = new Seen()
  for (const { client, life, entries } of histories)
    for (const { path, mzxid } of ofKind(entries, 'seen')) seen.note(`${client}#${life}`, path, BigInt(mzxid))
}

const ONCE: readonly string[] = ['create', 'setData', 'swap']

/** Writes: nothing acknowledged is missing, nothing said rejected or not sent was applied, and nothing was applied twice. */
export function checkOutcomes({ histories, history }: Evidence): void {
  for (const { who, action, path, token, outcome } of callsOf(histories)) {
    if (!ONCE.includes(action)) continue
    const times = history.withData(token!).filter(commit => commit.path === path).length
    const what = `${action} ${path} of ${who} with ${token}`
    if (times > 1) failNow(`${what} was applied ${times} times`)
    if (outcome === 'applied' && times === 0) failNow(`${what} was told success, and was not applied`)
    if ((outcome === 'rejected' || outcome === 'not-sent') && times > 0)
      failNow(`${what} was told ${outcome}, and was applied`)
  }
}
