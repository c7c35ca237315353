import { type EnsurePathOptions, readOnlyAcl, type TreeOptions, ZooKeeperError } from '@zookit/client'
import { GuaranteedDelete } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../../actor.ts'
import { area } from '../../area.ts'
import type { System } from '../../system.ts'
import { drained } from '../../under-way.ts'
import { failNow } from '../../violation.ts'

const ROOT = '/paths'

/** The tree that is copied, its znodes by their paths below it, and the folder of its copies. */
const SOURCE = '/source'
const BELOW: Readonly<Record<string, string>> = { '/a': '', '/a/x': 'x', '/a/y': 'y', '/b': '', '/b/z': 'z' }
const COPIES = '/copies'

type Outcome = 'pending' | 'applied' | 'rejected' | 'not-sent' | 'unknown'

/** A call of several requests, and what its caller was told. */
interface Call {
  readonly path: string
  readonly actor: Actor
  readonly life: number
  outcome: Outcome
}

/** A copy of the tree. */
interface Copy extends Call {
  /** The outcome of its removal; null before. */
  removal: Outcome | null
}

/** A znode that is deleted for certain. */
interface Doomed extends Call {
  /** True once its deletion is called for. */
  isDue: boolean
}

interface Own {
  readonly calls: Call[]
  readonly copies: Copy[]
  readonly doomed: Doomed[]
}

/** Returns what a call came to. */
function outcomeOf(calling: Promise<unknown>): Promise<Outcome> {
  return calling.then(
    () => 'applied',
    (error: unknown) => {
      if (!ZooKeeperError.is(error)) throw error
      return error.outcome
    },
  )
}

function limitsOf(random: Random): TreeOptions {
  const limits: TreeOptions = random.chance(0.3) ? { timeout: random.int(1, 400) } : {}
  if (random.chance(0.5)) limits.concurrency = random.int(1, 3)
  return limits
}

async function copy(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const each: Copy = {
    path: `${COPIES}/${system.token(actor)}`,
    actor,
    life,
    outcome: 'pending',
    removal: null,
  }
  own.copies.push(each)
  const copying = outcomeOf(zk.copyTree(SOURCE, each.path, limitsOf(random)))
  await actor.follow(copying.then(outcome => void (each.outcome = outcome)))
}

async function removeCopy(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const present = own.copies.filter(({ outcome, removal }) => outcome === 'applied' && removal === null)
  const { zk, life } = actor
  if (zk === null || present.length === 0) return
  const each = random.pick(present)
  Object.assign(each, { actor, life, removal: 'pending' })
  const removing = outcomeOf(zk.removeTree(each.path, limitsOf(random)))
  await actor.follow(removing.then(outcome => void (each.removal = outcome)))
}

/** Creates a znode, and deletes it for certain, whatever happens. */
async function doom(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const path = `${COPIES}/${system.token(actor)}`
  const each: Doomed = { path, actor, life, outcome: 'pending', isDue: false }
  const created = await actor.follow(outcomeOf(zk.create(path)))
  if (created !== 'applied' || actor.life !== life) return
  own.doomed.push(each)
  each.isDue = true
  const limits = random.chance(0.3) ? { timeout: random.int(1, 400) } : {}
  const deleting = outcomeOf(new GuaranteedDelete(zk).delete(path, limits))
  await actor.follow(deleting.then(outcome => void (each.outcome = outcome)))
}

/** Throws for a copy, or the removal of one, of which the caller was told what is not so. */
function checkCopy(system: System, { path, actor, outcome, removal }: Copy): void {
  const { commits } = system.history
  const top = system.serverPath(path)
  const changes = commits.filter(each => each.path === top || each.path.startsWith(`${top}/`))
  const there = Object.entries(system.dump()).filter(([each]) => each === top || each.startsWith(`${top}/`))
  if ((outcome === 'rejected' || outcome === 'not-sent') && changes.length > 0)
    failNow(`${actor.name} was told ${outcome} of the copy ${path}, and some of it was made`)
  for (const { type, path: each, data } of changes) {
    if (type !== 'delete' && (data ?? '') !== (BELOW[each.slice(top.length)] ?? ''))
      failNow(`${each} was copied as ${data}`)
  }
  if (outcome === 'applied' && removal === null && there.length !== Object.keys(BELOW).length + 1)
    failNow(
      `the copy ${path} was told done, and there is ${there.map(([each]) => each).join(', ') || 'nothing'}`,
    )
  if (removal === 'applied' && there.length > 0)
    failNow(`${actor.name} was told that ${path} is removed, and there is ${there[0]![0]}`)
  if ((removal === 'rejected' || removal === 'not-sent') && changes.some(({ type }) => type === 'delete'))
    failNow(`${actor.name} was told ${removal} of the removal of ${path}, and some of it was made`)
}

/** Throws for a znode that was to be deleted for certain, and is there, though its client lives on. */
function checkDoomed(system: System, { path, actor, life, outcome, isDue }: Doomed): void {
  const isThere = system.serverPath(path) in system.dump()
  if (isThere && isDue && (outcome === 'applied' || (actor.life === life && !actor.isSpent)))
    failNow(`${path} of ${actor.name} is there still: its deletion was told ${outcome}`)
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
    const source = { a: { x: 'x', y: 'y' }, b: { z: 'z' } }
    system.seed({ [ROOT.slice(1)]: {}, [SOURCE.slice(1)]: source, [COPIES.slice(1)]: {} })
    return { calls: [], copies: [], doomed: [] }
  },
  steps: {
    'make a path of several znodes': { weight: 3, run: ensure },
    'make several paths at once': { weight: 1, run: ensureSeveral },
    'copy a tree': { weight: 1, run: copy },
    'remove a tree': { weight: 1, run: removeCopy },
    'delete a znode for certain': { weight: 1, run: doom },
  },
  async quiet({ calls, copies, doomed }, system) {
    const isPending = (each: Call | Copy): boolean => {
      const { outcome, actor, life } = each
      const isSettled = outcome !== 'pending' && !('removal' in each && each.removal === 'pending')
      return !isSettled && actor.life === life
    }
    const all = (): Call[] => [...calls, ...copies, ...doomed]
    await drained(
      system,
      () => all().filter(isPending).length,
      () => failNow(`the work at ${all().find(isPending)!.path} was never settled`),
    )
    await system.quietFor(5000)
    for (const each of calls) check(system, each)
    for (const each of copies) checkCopy(system, each)
    for (const each of doomed) checkDoomed(system, each)
  },
})
