import { type EnsurePathOptions, readOnlyAcl, ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../../actor.ts'
import { area } from '../../area.ts'
import type { System } from '../../system.ts'
import { drained } from '../../under-way.ts'
import { failNow } from '../../violation.ts'

const ROOT = '/paths'

/** A call of several requests, and what its caller was told. */
interface Call {
  readonly path: string
  readonly actor: Actor
  readonly life: number
  outcome: 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'
}

interface Own {
  readonly calls: Call[]
}

async function ensure(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = `${ROOT}/${system.token(actor)}`
  const each: Call = { path, actor, life, outcome: 'pending' }
  own.calls.push(each)
  const options: EnsurePathOptions = random.chance(0.5) ? { timeout: random.int(1, 400) } : {}
  // The first znode is made, and none may be made below it.
  if (random.chance(0.15)) options.acl = readOnlyAcl
  const settled = zk.ensurePath(`${path}/a/b/c`, options).then(
    () => void (each.outcome = 'applied'),
    (error: unknown) => {
      if (!ZooKeeperError.is(error)) throw error
      each.outcome = error.outcome
    },
  )
  await actor.follow(settled)
}

/** Makes so many paths in one turn of the event loop that a queue may be full in the middle of one. */
async function ensureSeveral(own: Own, system: System, random: Random): Promise<void> {
  await Promise.all(Array.from({ length: random.int(2, 10) }, () => ensure(own, system, random)))
}

function check(system: System, { path, actor, outcome }: Call): void {
  const top = system.serverPath(path)
  const told = `${actor.name} was told ${outcome} of ensurePath ${path}/a/b/c`
  if ((outcome === 'rejected' || outcome === 'not-sent') && system.history.of(top).length > 0)
    failNow(`${told}, and some of it was applied`)
  if (outcome === 'applied' && system.history.of(`${top}/a/b/c`).length === 0)
    failNow(`${told}, and it is not there`)
}

/** Calls of several requests: the outcome is true of all of them together. */
export const paths = area<Own>({
  name: 'paths',
  begin(system) {
    system.seed({ [ROOT.slice(1)]: {} })
    return { calls: [] }
  },
  steps: {
    'make a path of several znodes': { weight: 3, run: ensure },
    'make several paths at once': { weight: 1, run: ensureSeveral },
  },
  async quiet({ calls }, system) {
    const isPending = ({ outcome, actor, life }: Call): boolean =>
      outcome === 'pending' && actor.life === life
    await drained(
      system,
      () => calls.filter(isPending).length,
      () => failNow(`ensurePath below ${calls.find(isPending)!.path} was never settled`),
    )
    for (const each of calls) check(system, each)
  },
})
