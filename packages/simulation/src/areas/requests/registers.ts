import { ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../../actor.ts'
import { area } from '../../area.ts'
import type { Commit } from '../../history.ts'
import type { System } from '../../system.ts'
import { UnderWay } from '../../under-way.ts'
import { failNow } from '../../violation.ts'

const REGISTERS = ['/cas-0', '/cas-1']
const FIRST = 'first'

/** A compare-and-set, and what its caller was told. */
interface Swap {
  readonly what: string
  readonly token: string
  readonly path: string
  /** The data that was read, with the version that the write names. */
  readonly expected: string
  /** Things that had happened when it was called, and when it was answered. */
  readonly called: number
  ended: number
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
}

interface Own {
  readonly calls: UnderWay
  readonly swaps: Map<string, Swap>
  /** The newest zxid that each life of an actor has read or written of each register. */
  readonly seen: Map<string, bigint>
}

/** Throws when a client sees an older state of a register than it saw, or made, before. */
function see({ seen }: Own, { settings }: System, { name, life }: Actor, path: string, mzxid: bigint): void {
  // What is read with `retry` is told a little later than what came in the same read of the socket.
  if (settings.options.retryReads! > 0) return
  const key = `${name}#${life} ${path}`
  const before = seen.get(key) ?? 0n
  if (mzxid < before)
    failNow(`${name} has seen ${path} at ${mzxid}, after it had seen or made it at ${before}`)
  seen.set(key, mzxid)
}

/** Reads a register, and replaces what was read, if nobody has meanwhile. */
async function swap(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const path = random.pick(REGISTERS)
  await own.calls.follow(actor, `swapping ${path}`, swapAt(own, system, random, actor, path))
}

async function swapAt(own: Own, system: System, random: Random, actor: Actor, path: string): Promise<void> {
  const { zk, life } = actor
  if (zk === null) return
  const { data, stat } = await zk.getData(path)
  if (actor.life !== life) return
  see(own, system, actor, path, stat.mzxid)
  if (random.chance(0.3)) await system.world.sleep(random.delay(100))
  if (actor.life !== life) return
  const { version } = stat
  const token = system.token(actor)
  const what = `setData ${path} ${token} at version ${version}`
  const called = system.world.happened
  const each: Swap = { what, token, path, expected: String(data), called, ended: 0, outcome: 'pending' }
  own.swaps.set(token, each)
  try {
    const limits = random.chance(0.3) ? { timeout: random.int(1, 200) } : {}
    const { mzxid } = await zk.setData(path, token, { version, ...limits })
    each.outcome = 'applied'
    see(own, system, actor, path, mzxid)
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    each.outcome = error.outcome
    throw error
  } finally {
    each.ended = system.world.happened
  }
}

/** Several clients read and swap one register in one turn of the event loop. */
async function rush(own: Own, system: System, random: Random): Promise<void> {
  const path = random.pick(REGISTERS)
  const all = system.actors.map(actor =>
    own.calls.follow(actor, `swapping ${path}`, swapAt(own, system, random, actor, path)),
  )
  await Promise.all(all)
}

/** Throws for a compare-and-set of which the caller was told what is not so, or that replaced what it had not read. */
function checkSwap({ what, token, path, expected, outcome }: Swap, system: System): void {
  const changes = system.history.of(system.serverPath(path))
  const made = changes.filter(({ data }) => data === token)
  if (made.length > 1) failNow(`${what} was applied ${made.length} times`)
  if (outcome === 'applied' && made.length === 0) failNow(`${what} was told success, and was not applied`)
  if ((outcome === 'rejected' || outcome === 'not-sent') && made.length > 0)
    failNow(`${what} was told ${outcome}, and was applied`)
  const [commit] = made
  if (commit === undefined) return
  const before = changes[changes.indexOf(commit) - 1]?.data ?? FIRST
  if (before !== expected) failNow(`${what} has replaced ${before}, where ${expected} had been read`)
}

/** Throws when a write took effect before one that was answered when it was called: writes are linearizable. */
function checkRealTime({ swaps }: Own, commits: readonly Commit[]): void {
  let latest: Swap | null = null
  for (const { data } of commits) {
    const each = data === null ? undefined : swaps.get(data)
    if (each === undefined) continue
    if (latest !== null && each.outcome === 'applied' && each.ended < latest.called)
      failNow(`${latest.what} took effect before ${each.what}, which was answered when it was called`)
    if (latest === null || each.called > latest.called) latest = each
  }
}

/** Registers: compare-and-set is linearizable, and no client reads an older state than it has seen or made. */
export const registers = area<Own>({
  name: 'registers',
  begin(system) {
    system.seed(Object.fromEntries(REGISTERS.map(path => [path.slice(1), FIRST])))
    return { calls: new UnderWay(), swaps: new Map(), seen: new Map() }
  },
  steps: {
    'compare and set a register': { weight: 4, run: swap },
    'let all compare and set a register': { weight: 2, run: rush },
  },
  async quiet(own, system) {
    await own.calls.ended(system)
    for (const each of own.swaps.values()) checkSwap(each, system)
    checkRealTime(own, system.history.commits)
  },
})
