import { checkItem, type Item, newItem } from '../../checkers/queues.ts'
import { failNow } from '../../violation.ts'
import { QUEUE } from '../client/loads/queues.ts'
import { type Call, callsOf, type Evidence, ofKind } from './evidence.ts'

function note(items: Map<string, Item>, { action, token, outcome }: Call): void {
  if (action === 'put') items.set(token!, { ...newItem(token!), put: outcome })
  if (action !== 'complete') return
  const item = items.get(token!)
  if (item === undefined) failNow(`${token} was completed, and nobody has put it in`)
  item.tries++
  item.maybeCompleted = true
  if (outcome === 'applied') item.completed++
  else item.told = outcome === 'pending' ? null : outcome
}

/** Queues: an item that was put in is there until it is completed, and is completed once. */
export function checkQueues({ histories, quiet }: Evidence): void {
  const calls = callsOf(histories).filter(({ load }) => load === 'queues')
  const items = new Map<string, Item>()
  // A put comes before whatever is done with its item, whoever has recorded it.
  for (const call of calls.filter(({ action }) => action === 'put')) note(items, call)
  const completed = new Map<string, number>()
  for (const call of calls.filter(({ action }) => action === 'complete')) {
    note(items, call)
    if (call.outcome === 'applied') completed.set(call.token!, call.ended)
  }
  for (const { client, entries } of histories)
    for (const { token, at } of ofKind(entries, 'taken')) {
      if (!items.has(token)) failNow(`${client} took ${token}, which nobody has put in`)
      if (at > (completed.get(token) ?? at) + TAKING)
        failNow(`${client} took ${token}, which had been completed`)
    }
  const left = new Set(
    [...quiet].filter(([path]) => path.startsWith(`${QUEUE}/`)).map(([, { data }]) => data),
  )
  for (const item of items.values()) checkItem(item, left.has(item.token))
}

/** Milliseconds: a consumer that has lost an item may hear of it only after another one has completed it. */
const TAKING = 60_000
