import { ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../../actor.ts'
import { area } from '../../area.ts'
import { checkRealTime, checkSwaps, Seen, type Swap } from '../../checkers/registers.ts'
import type { System } from '../../system.ts'
import { UnderWay } from '../../under-way.ts'

const REGISTERS = ['/cas-0', '/cas-1']
const FIRST = 'first'

interface Own {
  readonly calls: UnderWay
  readonly swaps: Map<string, Swap>
  readonly seen: Seen
}

/** Throws when a client sees an older state of a register than it saw, or made, before. */
function see({ seen }: Own, { settings }: System, { name, life }: Actor, path: string, mzxid: bigint): void {
  // What is read with `retry` is told a little later than what came in the same read of the socket.
  if (settings.options.retryReads! > 0) return
  seen.note(`${name}#${life}`, path, mzxid)
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

/** Registers: compare-and-set is linearizable, and no client reads an older state than it has seen or made. */
export const registers = area<Own>({
  name: 'registers',
  begin(system) {
    system.seed(Object.fromEntries(REGISTERS.map(path => [path.slice(1), FIRST])))
    return { calls: new UnderWay(), swaps: new Map(), seen: new Seen() }
  },
  steps: {
    'compare and set a register': { weight: 4, run: swap },
    'let all compare and set a register': { weight: 2, run: rush },
  },
  async quiet(own, system) {
    await own.calls.ended(system)
    for (const path of REGISTERS) {
      const swaps = [...own.swaps.values()].filter(each => each.path === path)
      checkSwaps(system.history.of(system.serverPath(path)), swaps, FIRST)
    }
    checkRealTime(own.swaps, system.history.commits)
  },
})
