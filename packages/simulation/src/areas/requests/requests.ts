import {
  acl,
  type ErrorCode,
  openAcl,
  type RequestOptions,
  readOnlyAcl,
  type ZooKeeper,
  ZooKeeperError,
} from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../../actor.ts'
import { area } from '../../area.ts'
import type { System } from '../../system.ts'
import { drained } from '../../under-way.ts'
import { failNow } from '../../violation.ts'

const REGISTERS = ['/r0', '/r1', '/r2', '/r3']

/** A znode with much data. */
const LARGE = '/large'
const LARGE_SIZE = 30_000

/** The right to change the ACL, which everybody keeps. */
const ADMIN = [acl('a', 'world', 'anyone')]

/** A write, and what its caller was told. */
interface Write {
  readonly token: string
  /** The method, the path and the options, for people. */
  readonly what: string
  readonly actor: Actor
  readonly life: number
  readonly number: number
  /** The path that a delete removes; null for a write whose token is its data. */
  readonly deletes: string | null
  /** Changes that one application of the write makes. */
  readonly changes: number
  readonly mayRepeat: boolean
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
  code: ErrorCode
}

interface Own {
  readonly writes: Write[]
  /** Writes by token. */
  readonly byToken: Map<string, Write>
  readonly created: Map<string, string[]>
  /** The newest zxid that each life of an actor has seen of a register. */
  readonly seen: Map<string, bigint>
  /** The part of the history whose order was checked, and the newest number of each life. */
  checked: number
  readonly newest: Map<string, number>
}

function lifeOf({ name, life }: Actor): string {
  return `${name}#${life}`
}

/** Limits of a request: none, a timeout or a signal, each at every moment. */
function limits(actor: Actor, random: Random): RequestOptions {
  const options: RequestOptions = {}
  if (random.chance(0.15)) options.timeout = random.int(1, 400)
  if (random.chance(0.1)) {
    const controller = new AbortController()
    actor.process.environment.setTimer(() => controller.abort(), random.int(1, 200))
    options.signal = controller.signal
  }
  return options
}

/** Follows a write to its end. The write is recorded before it is sent, since its place in the order is fixed by the call. */
async function follow(
  own: Own,
  write: Omit<Write, 'outcome' | 'code' | 'number'>,
  send: () => Promise<unknown>,
): Promise<void> {
  const record: Write = { ...write, number: own.writes.length, outcome: 'pending', code: '' }
  own.writes.push(record)
  own.byToken.set(write.token, record)
  const settled = send().then(
    () => void (record.outcome = 'applied'),
    error => {
      record.outcome = outcomeOf(error, write.what)
      record.code = (error as ZooKeeperError).code
    },
  )
  await write.actor.follow(settled)
}

function outcomeOf(error: unknown, what: string): Write['outcome'] {
  if (!ZooKeeperError.is(error))
    failNow(`${what} was rejected with something other than a ZooKeeperError: ${error}`)
  const { code, retryable, cause } = error
  if (['QUEUE_FULL', 'NOT_CONNECTED'].includes(code) && !retryable)
    failNow(`${what} was told that ${code} cannot be retried`)
  if (/over the limit/.test((cause as Error | undefined)?.message ?? ''))
    failNow(`${what} was lost over the reply to another request: ${(cause as Error).message}`)
  return error.outcome
}

async function set(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const path = random.pick(REGISTERS)
  const value = system.token(actor)
  const isJson = random.chance(0.2)
  const token = isJson ? JSON.stringify(value) : value
  const options = limits(actor, random)
  const mayRepeat = random.chance(0.2)
  if (mayRepeat) options.retry = random.int(1, 3)
  const what = `setData ${path} ${token} ${JSON.stringify(options)}`
  system.world.note(`${actor.name}: ${what}`)
  const write = { token, what, actor, life: actor.life, deletes: null, changes: 1, mayRepeat }
  await follow(own, write, () =>
    isJson ? zk.setJson(path, value, options) : zk.setData(path, token, options),
  )
}

async function create(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const token = system.token(actor)
  const path = `/c/${token}`
  const options = limits(actor, random)
  const mayRepeat = random.chance(0.2)
  if (mayRepeat) options.retry = random.int(1, 3)
  const what = `create ${path} ${JSON.stringify(options)}`
  system.world.note(`${actor.name}: ${what}`)
  const write = { token, what, actor, life: actor.life, deletes: null, changes: 1, mayRepeat }
  await follow(own, write, async () => {
    if (random.chance(0.5)) await zk.create(path, token, options)
    else await zk.createWithStat(path, token, options)
    const paths = own.created.get(lifeOf(actor))
    if (paths) paths.push(path)
    else own.created.set(lifeOf(actor), [path])
  })
}

async function remove(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  const path = own.created.get(lifeOf(actor))?.pop()
  if (zk === null || path === undefined) return
  const options = limits(actor, random)
  const token = system.token(actor)
  const what = `delete ${path} ${JSON.stringify(options)}`
  system.world.note(`${actor.name}: ${what}`)
  const write = {
    token,
    what,
    actor,
    life: actor.life,
    deletes: system.serverPath(path),
    changes: 1,
    mayRepeat: false,
  }
  await follow(own, write, () => zk.delete(path, options))
}

async function multi(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const token = system.token(actor)
  const options = limits(actor, random)
  const what = `multi of two setData ${token} ${JSON.stringify(options)}`
  system.world.note(`${actor.name}: ${what}`)
  const write = { token, what, actor, life: actor.life, deletes: null, changes: 2, mayRepeat: false }
  await follow(own, write, () => {
    const [first, second] = [REGISTERS[0]!, REGISTERS[1]!]
    if (random.chance(0.5)) {
      const writes = [first, second].map(path => ({ type: 'setData', path, data: token }) as const)
      return zk.multi(writes, options)
    }
    const transaction = zk.transaction().check(first, -1).setData(first, token).setData(second, token)
    return transaction.commit(options)
  })
}

async function read(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = random.pick(REGISTERS)
  const name = `${lifeOf(actor)} ${path}`
  const known = await actor.follow(readOf(zk, path, limits(actor, random)))
  if (!known || actor.life !== life) return
  const { mzxid, data } = known
  const commit = system.history.of(system.serverPath(path)).findLast(({ zxid }) => zxid <= mzxid)
  if (commit !== undefined && (commit.zxid !== mzxid || commit.data !== data)) {
    failNow(
      `${actor.name} read ${data} of ${path} at ${mzxid}, where ${commit.data} was written at ${commit.zxid}`,
    )
  }
  const before = own.seen.get(name) ?? 0n
  if (mzxid < before)
    failNow(`${actor.name} went back in time: ${path} at ${mzxid}, after it was seen at ${before}`)
  own.seen.set(name, mzxid)
}

async function readOf(
  zk: ZooKeeper,
  path: string,
  options: RequestOptions,
): Promise<{ mzxid: bigint; data: string } | null> {
  try {
    const { data, stat } = await zk.getData(path, options)
    return { mzxid: stat.mzxid, data: String(data) }
  } catch (error) {
    outcomeOf(error, `getData ${path}`)
    return null
  }
}

/** Reads a znode whose data some clients do not accept: that request fails alone. */
async function readLarge(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const { maxResponseSize = Number.POSITIVE_INFINITY } = system.settings.options
  const isTooLong = maxResponseSize < LARGE_SIZE
  const told = await actor.follow(
    zk.getData(LARGE, limits(actor, random)).then(
      () => '',
      error => {
        outcomeOf(error, `getData ${LARGE}`)
        return (error as ZooKeeperError).code
      },
    ),
  )
  if ((told === '' && isTooLong) || (told === 'RESPONSE_TOO_LARGE' && !isTooLong))
    failNow(`${actor.name} was told "${told}" of ${LARGE_SIZE} bytes, with a limit of ${maxResponseSize}`)
}

/** Takes the right to write a register from everybody, or gives it back. */
async function changeAcl(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  const acl = random.chance(0.5) ? openAcl : [...readOnlyAcl, ...ADMIN]
  await actor.follow(zk.setAcl(REGISTERS[3]!, acl).catch(error => void outcomeOf(error, 'setAcl')))
}

/** Returns the changes that the ensemble has committed for a write. */
function changesOf(system: System, { token, deletes }: Write): number {
  if (deletes === null) return system.history.withData(token).length
  return system.history.of(deletes).filter(({ type }) => type === 'delete').length
}

/** Throws for a write of which the caller was told what is not so. */
function checkOutcome(system: System, write: Write): void {
  const { what, actor, outcome, code, changes, mayRepeat } = write
  const made = changesOf(system, write)
  const told = `${actor.name} was told ${outcome === 'applied' ? 'success' : `${code}, ${outcome}`} of ${what}`
  if ((outcome === 'rejected' || outcome === 'not-sent') && made > 0) failNow(`${told}, and it was applied`)
  if (outcome === 'applied' && made === 0) failNow(`${told}, and it was not applied`)
  if (made > changes && !mayRepeat) failNow(`${what} of ${actor.name} was applied ${made / changes} times`)
}

/** Throws when requests have reached the server in another order than that of the calls. */
function checkOrder(own: Own, system: System): void {
  const { commits } = system.history
  for (; own.checked < commits.length; own.checked++) {
    const { data } = commits[own.checked]!
    const write = data === null ? undefined : own.byToken.get(data)
    if (write === undefined || write.mayRepeat) continue
    const life = `${write.actor.name}#${write.life}`
    const newest = own.newest.get(life) ?? -1
    if (write.number < newest)
      failNow(`${write.what} of ${life} was applied behind a request that was made after it`)
    own.newest.set(life, write.number)
  }
}

/** Returns the writes of living processes that are not settled. */
function pending(own: Own): readonly Write[] {
  return own.writes.filter(({ outcome, actor, life }) => outcome === 'pending' && actor.life === life)
}

/** Requests of every kind with timeouts, aborts and retries: each outcome is true, each order is that of the calls. */
export const requests = area<Own>({
  name: 'requests',
  begin(system) {
    const registers = REGISTERS.map(path => [path.slice(1), 'first'])
    system.seed({ ...Object.fromEntries(registers), c: {}, [LARGE.slice(1)]: 'x'.repeat(LARGE_SIZE) })
    return {
      writes: [],
      byToken: new Map(),
      created: new Map(),
      seen: new Map(),
      checked: 0,
      newest: new Map(),
    }
  },
  steps: {
    'set a register': { weight: 12, run: set },
    'create a znode': { weight: 8, run: create },
    'delete a znode': { weight: 4, run: remove },
    'write two registers at once': { weight: 4, run: multi },
    'read a register': { weight: 14, run: read },
    'read much': { weight: 1, run: (_, system, random) => readLarge(system, random) },
    'change an ACL': { weight: 1, run: (_, system, random) => changeAcl(system, random) },
  },
  check: checkOrder,
  async quiet(own, system) {
    await drained(
      system,
      () => pending(own).length,
      () => failNow(`${pending(own)[0]!.what} of ${pending(own)[0]!.actor.name} was never settled`),
    )
    for (const write of own.writes) checkOutcome(system, write)
  },
})
