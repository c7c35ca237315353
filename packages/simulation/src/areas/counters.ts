import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { AtomicCounter, type Codec, Config, IdGenerator, SharedValue } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'

const PATH = '/counter'
const LIST = '/list'
/** A list that is deleted and made again. */
const AGAIN = '/again'
/** A counter that goes up and down. */
const BALANCE = '/balance'
/** The znode of the next id. */
const IDS = '/ids'

/** A change of the counter or of the list, and what its caller was told. */
interface Change {
  readonly what: string
  readonly actor: Actor
  readonly life: number
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
}

/** A change of the counter that goes up and down. */
interface Move extends Change {
  readonly by: number
}

interface Own {
  readonly counts: Change[]
  readonly moves: Move[]
  readonly generators: Map<string, IdGenerator>
  /** The ids that were given out. */
  readonly ids: Set<bigint>
  readonly appends: (Change & { readonly token: string })[]
  readonly again: Change[]
  /** The tokens of what was, or may have been, appended to the list that is made again. */
  readonly tokens: Set<string>
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
  const counted = one(system, counter, random).then(result => {
    if (own.results.has(result)) failNow(`two increments came to ${result}`)
    own.results.add(result)
    return result
  })
  await settle(change, counted)
}

/** Adds one, by one of the methods that can. Returns what the counter came to. */
function one(system: System, counter: AtomicCounter, random: Random): Promise<bigint> {
  const ends = limits(random)
  return random.pick([
    () => counter.increment(ends),
    () => counter.add(1n, ends),
    () => counter.update(value => value + 1n, ends),
    () => compared(system, counter, ends),
  ])()
}

/** Adds one to what was read, if it is still there. */
async function compared(system: System, counter: AtomicCounter, ends: { timeout?: number }): Promise<bigint> {
  // Nobody takes anything from it.
  const least = BigInt(system.history.of(system.serverPath(PATH)).at(-1)?.data ?? 0)
  const value = await counter.get(ends).catch(withoutWrite)
  if (value < least) failNow(`the counter was read as ${value}, and was at ${least} before the call`)
  if (await counter.compareAndSet(value, value + 1n, ends)) return value + 1n
  throw new ZooKeeperError('BAD_VERSION', { outcome: 'rejected' })
}

/** Passes the error of a read on: nothing was written. */
function withoutWrite(error: unknown): never {
  if (!ZooKeeperError.is(error)) throw error
  throw new ZooKeeperError(error.code, { outcome: 'not-sent', cause: error })
}

/** Moves a counter up or down. */
async function move(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const by = random.int(-3, 3)
  const change: Move = { what: `a move by ${by}`, actor, life, outcome: 'pending', by }
  own.moves.push(change)
  const counter = new AtomicCounter(zk, BALANCE)
  await settle(change, by === -1 ? counter.decrement(limits(random)) : counter.add(by, limits(random)))
}

/** Takes an id from a generator of the process: nobody else ever gets it. */
async function takeId(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life, name } = actor
  if (zk === null) return
  const key = `${name}#${life}`
  const generator = own.generators.get(key) ?? new IdGenerator(zk, IDS, { block: random.int(1, 3) })
  own.generators.set(key, generator)
  const taken: Change = { what: 'taking an id', actor, life, outcome: 'pending' }
  own.again.push(taken)
  const taking = generator.next(limits(random)).then(id => {
    if (own.ids.has(id)) failNow(`${name} got the id ${id}, which was given out before`)
    own.ids.add(id)
    return id
  })
  await settle(taken, taking)
}

/** Throws when the counter that goes up and down is not at what the certain and the possible moves come to. */
function checkMoves(own: Own, tree: Record<string, string | null>, path: string): void {
  const is = Number(tree[path] ?? 0)
  let [least, most] = [0, 0]
  for (const { by, outcome } of own.moves) {
    if (outcome === 'rejected' || outcome === 'not-sent') continue
    if (outcome === 'applied' || by < 0) least += by
    if (outcome === 'applied' || by > 0) most += by
  }
  if (is < least || is > most) failNow(`the balance is ${is}, where it is from ${least} to ${most}`)
}

async function append(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const token = system.token(actor)
  const change = { what: `appending ${token}`, token, actor, life, outcome: 'pending' as Change['outcome'] }
  own.appends.push(change)
  const value = new SharedValue(zk, LIST, { codec: text })
  // What is set with a condition leaves nothing else that tells what became of it.
  const { losesLookUps } = system.settings
  const appending = random.chance(losesLookUps ? 0.3 : 0.7)
    ? value.update(list => appended(list, token), limits(random))
    : appendIf(system, value, token, losesLookUps ? { timeout: random.int(1, 2000) } : limits(random))
  await settle(change, appending)
}

/** Appends to what was read, if nobody has written since. */
async function appendIf(
  system: System,
  value: SharedValue<string>,
  token: string,
  ends: { timeout?: number },
): Promise<unknown> {
  const before = system.history.of(system.serverPath(LIST)).at(-1)?.data ?? ''
  const present = await value.get(ends).catch(withoutWrite)
  // Nobody takes anything from it.
  if (!(present?.value ?? '').startsWith(before))
    failNow(`the list was read as ${present?.value ?? 'missing'}, and was ${before} before the call`)
  const written = await value.trySet(appended(present?.value ?? null, token), present?.version ?? null, ends)
  if (written === null) throw new ZooKeeperError('BAD_VERSION', { outcome: 'rejected' })
  return written
}

function appended(list: string | null, token: string): string {
  return list === null || list === '' ? token : `${list} ${token}`
}

/** Appends to the list that is made again, by one of the recipes that read, compute and write. */
async function appendAgain(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const token = system.token(actor)
  own.tokens.add(token)
  const change: Change = { what: `appending ${token}`, actor, life, outcome: 'pending' }
  own.again.push(change)
  // The longer the change takes, the more happens meanwhile.
  const slowly = async (list: string | null): Promise<string> => {
    if (random.chance(0.5)) await system.world.sleep(random.int(0, 50))
    return appended(list, token)
  }
  const updating = random.chance(0.5)
    ? new SharedValue(zk, AGAIN, { codec: text }).update(slowly, limits(random))
    : new Config(zk, AGAIN, { codec: text as Codec<unknown>, default: '' }).update(
        list => slowly(String(list)),
        limits(random),
      )
  await settle(change, updating)
}

/** Deletes the list, and makes it again with as many versions as it had, in one transaction. */
async function remake(_: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  await actor.follow(
    remakeOnce(zk, () => system.token(actor)).catch(error => {
      if (!ZooKeeperError.is(error)) throw error
    }),
  )
}

async function remakeOnce(zk: ZooKeeper, token: () => string): Promise<void> {
  const { children, stat } = await zk.getChildren(AGAIN)
  const transaction = zk.transaction()
  for (const child of children) transaction.delete(`${AGAIN}/${child}`)
  transaction.delete(AGAIN).create(AGAIN, token())
  for (let count = 0; count < stat.version; count++) transaction.setData(AGAIN, token())
  await transaction.commit()
}

/** Throws for a list that was computed from another one than it replaces. */
function checkAgain(own: Own, system: System): void {
  let before: string | null = null
  for (const { type, data, zxid } of system.history.of(system.serverPath(AGAIN))) {
    const token = data?.split(' ').at(-1) ?? ''
    if (own.tokens.has(token) && data !== appended(before, token))
      failNow(`${token} was appended at ${zxid} to ${data}, in the place of ${before}`)
    before = type === 'delete' ? null : data
  }
}

const text = {
  encode: (value: string): Uint8Array => Buffer.from(value),
  decode: (data: Uint8Array | null): string => Buffer.from(data ?? []).toString(),
}

function pendingOf(own: Own): Change[] {
  return [...own.counts, ...own.appends, ...own.again, ...own.moves].filter(
    ({ outcome, actor, life }) => outcome === 'pending' && actor.life === life,
  )
}

/** Counters and shared values: each change exactly once, none lost, none applied of which the caller was told otherwise. */
export const counters = area<Own>({
  name: 'counters',
  begin: () => ({
    counts: [],
    appends: [],
    again: [],
    tokens: new Set(),
    counters: new Map(),
    results: new Set(),
    moves: [],
    generators: new Map(),
    ids: new Set(),
  }),
  steps: {
    'count one more': { weight: 8, run: count },
    'append to a list': { weight: 6, run: append },
    'append to a list that is made again': { weight: 4, run: appendAgain },
    'make the list again': { weight: 2, run: remake },
    'move a counter up or down': { weight: 2, run: move },
    'take an id': { weight: 2, run: takeId },
  },
  async quiet(own, system) {
    for (let waited = 0; pendingOf(own).length > 0; waited += 100) {
      if (waited > 60_000)
        failNow(`${pendingOf(own)[0]!.what} of ${pendingOf(own)[0]!.actor.name} never ended`)
      await system.world.sleep(100)
    }
    checkAgain(own, system)
    const tree = system.dump()
    const number = Number(tree[system.serverPath(PATH)] ?? 0)
    const applied = own.counts.filter(({ outcome }) => outcome === 'applied').length
    const possible = own.counts.filter(
      ({ outcome }) => outcome !== 'rejected' && outcome !== 'not-sent',
    ).length
    if (number < applied || number > possible) {
      failNow(`the counter is at ${number}, after ${applied} certain and ${possible} possible increments`)
    }
    checkMoves(own, tree, system.serverPath(BALANCE))
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
