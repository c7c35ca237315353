import { ZooKeeperError } from '@zookit/client'
import { AtomicCounter, SharedValue } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const PATH = '/counter'
const LIST = '/list'

/** A change of the counter or of the list, and what its caller was told. */
interface Change {
  readonly what: string
  readonly actor: Actor
  readonly life: number
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
}

interface Own {
  readonly counts: Change[]
  readonly appends: (Change & { readonly token: string })[]
  readonly counters: Map<string, AtomicCounter>
  /** Results of the counter's changes: each may be returned once only. */
  readonly results: Set<bigint>
}

async function settle(change: Change, promise: Promise<unknown>): Promise<void> {
  try {
    const result = await change.actor.follow(promise)
    if (result !== undefined) change.outcome = 'applied'
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    change.outcome = error.outcome
  }
}

function limits(random: Random): { timeout?: number } {
  return random.chance(0.3) ? { timeout: random.int(1, 1000) } : {}
}

async function count(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life, name } = actor
  if (zk === null) return
  const key = `${name}#${life}`
  const counter = own.counters.get(key) ?? new AtomicCounter(zk, PATH)
  own.counters.set(key, counter)
  const change: Change = { what: 'an increment', actor, life, outcome: 'pending' }
  own.counts.push(change)
  const counted = counter.increment(limits(random)).then(result => {
    if (own.results.has(result)) failNow(`two increments came to ${result}`)
    own.results.add(result)
    return result
  })
  await settle(change, counted)
}

async function append(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const token = system.token(actor)
  const change = { what: `appending ${token}`, token, actor, life, outcome: 'pending' as Change['outcome'] }
  own.appends.push(change)
  const value = new SharedValue(zk, LIST, { codec: text })
  await settle(
    change,
    value.update(list => (list === null || list === '' ? token : `${list} ${token}`), limits(random)),
  )
}

const text = {
  encode: (value: string): Uint8Array => Buffer.from(value),
  decode: (data: Uint8Array | null): string => Buffer.from(data ?? []).toString(),
}

function pendingOf(own: Own): Change[] {
  return [...own.counts, ...own.appends].filter(
    ({ outcome, actor, life }) => outcome === 'pending' && actor.life === life,
  )
}

/** Counters and shared values: each change exactly once, none lost, none applied of which the caller was told otherwise. */
export const counters = area<Own>({
  name: 'counters',
  begin: () => ({ counts: [], appends: [], counters: new Map(), results: new Set() }),
  steps: {
    'count one more': { weight: 8, run: count },
    'append to a list': { weight: 6, run: append },
  },
  async quiet(own, system) {
    for (let waited = 0; pendingOf(own).length > 0; waited += 100) {
      if (waited > 60_000)
        failNow(`${pendingOf(own)[0]!.what} of ${pendingOf(own)[0]!.actor.name} never ended`)
      await system.world.sleep(100)
    }
    const tree = system.dump()
    const number = Number(tree[system.serverPath(PATH)] ?? 0)
    const applied = own.counts.filter(({ outcome }) => outcome === 'applied').length
    const possible = own.counts.filter(
      ({ outcome }) => outcome !== 'rejected' && outcome !== 'not-sent',
    ).length
    if (number < applied || number > possible) {
      failNow(`the counter is at ${number}, after ${applied} certain and ${possible} possible increments`)
    }
    const list = (tree[system.serverPath(LIST)] ?? '').split(' ')
    for (const { token, outcome, what } of own.appends) {
      const times = list.filter(each => each === token).length
      if (times > 1) failNow(`${what} was done ${times} times`)
      if (outcome === 'applied' && times === 0) failNow(`${what} was told done, and it is not there`)
      if ((outcome === 'rejected' || outcome === 'not-sent') && times > 0)
        failNow(`${what} was told ${outcome}, and it is there`)
    }
  },
})
