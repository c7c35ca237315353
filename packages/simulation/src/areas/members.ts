import { joinPath, nameOf, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { Group, type Membership, PersistentNode, type Schema, ServiceRegistry } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import { trespass } from '../checkers/kept-znodes.ts'
import type { Commit } from '../history.ts'
import type { System } from '../system.ts'
import { UnderWay } from '../under-way.ts'
import { failNow } from '../violation.ts'

/** The folders of the znodes that are kept. */
const FOLDERS = ['/group', '/kept', '/services/web'] as const

/** Names that come up again and again, so that a process meets the znodes of others. */
const NAMES = ['n1', 'n2', 'n3']

/** Data that no server with small buffers accepts. */
const TOO_MUCH = 60_000

/** A znode that a client keeps in existence. */
interface Kept {
  readonly what: string
  /** The znode's path, as the client knows it. */
  readonly path: string
  readonly actor: Actor
  readonly life: number
  /** The texts that the znode's data contains. */
  texts: readonly string[]
  /** The number of updates that were begun: a newer one settles those before it. */
  updates: number
  /** True from the call that ends it. */
  isEnding: boolean
  /** Gives up its beginning. */
  readonly giveUp: () => void
  end(): Promise<void>
  /** Writes new texts, all at once or in several updates that begin together. */
  update(texts: readonly string[]): Promise<unknown>
}

interface Own {
  readonly calls: UnderWay
  readonly kept: Set<Kept>
  /** Paths and sessions of deletions by which one client destroys another's znode. */
  readonly vandals: Set<string>
  /** The number of commits that were checked. */
  checked: number
}

type Made = Pick<Kept, 'path' | 'end' | 'update'>
type Begin = (zk: ZooKeeper, name: string, texts: readonly string[], how: How) => Promise<Made>

/** The rest of what a beginning takes: how fast it comes back after a lost connection, and what gives it up. */
interface How {
  readonly jitter: number
  readonly signal: AbortSignal
}

/** Accepts everything after some turns of the event loop, as a schema that asks somebody does. */
function slowSchema(zk: ZooKeeper): Schema<Payload> {
  const validate = async (value: unknown): Promise<{ value: Payload }> => {
    await new Promise<void>(resolve => void zk.environment.setTimer(resolve, 5))
    return { value: value as Payload }
  }
  return { '~standard': { version: 1, vendor: 'simulation', validate } }
}

type Payload = string

const kinds: Readonly<Record<(typeof FOLDERS)[number], Begin>> = {
  async '/group'(zk, name, texts, { jitter, signal }) {
    const membership: Membership = await new Group(zk, '/group', { jitter }).join({
      name,
      data: texts.join(' '),
      signal,
    })
    return {
      path: membership.path,
      end: () => membership.leave(),
      update: data => membership.setData(data.join(' ')),
    }
  },
  async '/kept'(zk, name, texts, { jitter, signal }) {
    const path = joinPath('/kept', name)
    const node = new PersistentNode(zk, path, { data: texts.join(' '), jitter })
    await node.start({ signal })
    return { path, end: () => node.close(), update: data => node.setData(data.join(' ')) }
  },
  async '/services/web'(zk, name, texts, { jitter, signal }) {
    const registry = new ServiceRegistry<Payload>(zk, '/services', { jitter, schema: slowSchema(zk) })
    const init = { name: 'web', id: name, address: texts[0]!, port: 80, payload: texts[1]! }
    const publication = await registry.publish(init, { signal })
    return {
      path: joinPath('/services/web', name),
      end: () => publication.unpublish(),
      update: ([address, payload]) =>
        Promise.all([
          publication.update({ payload: payload! }),
          publication.report(false),
          publication.update({ address: address! }),
          publication.report(true),
        ]),
    }
  },
}

function textsOf(system: System, actor: Actor): readonly string[] {
  return [system.token(actor), system.token(actor)]
}

async function begin(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const name = random.chance(0.5) ? random.pick(NAMES) : system.token(actor)
  await beginAt(own, system, random, actor, joinPath(random.pick(FOLDERS), name))
}

async function beginAt(own: Own, system: System, random: Random, actor: Actor, path: string): Promise<void> {
  const { zk, life } = actor
  if (zk === null) return
  const texts = textsOf(system, actor)
  const folder = FOLDERS.find(each => path.startsWith(`${each}/`))!
  const name = nameOf(path)
  // Two of one client on one path would be one's own rivals.
  if ([...own.kept].some(each => each.path === path && each.actor === actor && each.life === life)) return
  const what = `${folder} ${name}`
  const controller = new AbortController()
  const giveUp = (): void => controller.abort()
  const kept: Kept = {
    what,
    path,
    actor,
    life,
    texts,
    updates: 0,
    isEnding: false,
    giveUp,
    end: never,
    update: never,
  }
  own.kept.add(kept)
  const endsInListener = random.chance(0.2)
  if (endsInListener) endAtNextState(own, kept, zk)
  const how = { jitter: random.pick([0, 100]), signal: controller.signal }
  if (random.chance(0.1)) actor.process.environment.setTimer(giveUp, random.int(1, 1000))
  const beginning = kinds[folder](zk, name, texts, how)
  const made = await own.calls.follow(actor, `beginning ${what}`, beginning)
  if (made === undefined) return void own.kept.delete(kept)
  Object.assign(kept, { end: made.end, update: made.update })
  system.world.note(`${actor.name}: has ${what}`)
}

function never(): Promise<never> {
  return Promise.reject(new ZooKeeperError('CLOSED', { outcome: 'not-sent' }))
}

/** Ends a kept znode from within a listener of the user's that was added before the recipe's own. */
function endAtNextState(own: Own, kept: Kept, zk: ZooKeeper): void {
  const onState = (): void => {
    if (kept.end === never) return
    zk.off('state', onState)
    if (!kept.isEnding) void endOf(own, kept)
  }
  zk.on('state', onState)
}

async function endOf(own: Own, kept: Kept): Promise<void> {
  kept.isEnding = true
  await own.calls.follow(kept.actor, `ending ${kept.what}`, kept.end())
  own.kept.delete(kept)
}

function pick(own: Own, random: Random): Kept | null {
  const all = [...own.kept].filter(
    ({ actor, life, isEnding, end }) => actor.life === life && !isEnding && end !== never,
  )
  return all.length === 0 ? null : random.pick(all)
}

async function end(own: Own, system: System, kept: Kept | null): Promise<void> {
  if (kept === null) return
  system.world.note(`${kept.actor.name}: ends ${kept.what}`)
  await endOf(own, kept)
}

async function update(own: Own, system: System, kept: Kept | null): Promise<void> {
  if (kept === null) return
  kept.texts = textsOf(system, kept.actor)
  kept.updates++
  await own.calls.follow(kept.actor, `updating ${kept.what}`, kept.update(kept.texts))
}

/** Takes a znode over while an update or a deletion of its owner is on its way, or was applied and not answered. */
async function succeed(own: Own, system: System, random: Random): Promise<void> {
  const kept = pick(own, random)
  const successor = random.pick(system.actors)
  if (kept === null || successor === kept.actor) return
  const { world, ensemble } = system
  const process = kept.actor.name
  const path = system.serverPath(kept.path)
  system.world.note(`${successor.name}: takes ${kept.what} over from ${process}`)
  if (random.chance(0.5)) {
    const lost = ensemble.members.map(member => member.loseNextReply({ operation: 'delete', path }))
    void end(own, system, kept)
    await world.sleep(random.int(1, 100))
    await beginAt(own, system, random, successor, kept.path)
    for (const each of lost) each.cancel()
  } else {
    world.network.block({ process })
    void update(own, system, kept)
    const begun = beginAt(own, system, random, successor, kept.path)
    await world.sleep(random.int(20, 200))
    world.network.unblock({ process })
    await begun
  }
}

/** Writes data that the server does not accept: the caller is told, and the znode keeps what it had. */
async function updateTooMuch(own: Own, system: System, random: Random): Promise<void> {
  const kept = pick(own, random)
  if (kept === null || system.settings.maxBuffer > TOO_MUCH || kept.path.startsWith('/services')) return
  const { texts } = kept
  const number = ++kept.updates
  const tooMuch = 'x'.repeat(TOO_MUCH)
  const updating = kept.update([tooMuch]).then(
    () => {
      // The znode has this data, or newer data.
      if (kept.updates === number) failNow(`${TOO_MUCH} bytes were written into ${kept.path}`)
    },
    (error: unknown) => {
      if (!ZooKeeperError.is(error)) throw error
    },
  )
  await own.calls.follow(kept.actor, `updating ${kept.what} with too much`, updating)
  if (system.history.withData(tooMuch).length > 0) failNow(`a server has accepted ${TOO_MUCH} bytes`)
  if (kept.texts !== texts || kept.isEnding || kept.actor.life !== kept.life) return
  kept.updates++
  await own.calls.follow(kept.actor, `updating ${kept.what}`, kept.update(texts))
}

/** Closes a registry while it publishes: nothing stays published. */
async function closeWhilePublishing(own: Own, system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life } = actor
  if (zk === null) return
  const registry = new ServiceRegistry<Payload>(zk, '/services', { schema: slowSchema(zk) })
  const [address, payload] = textsOf(system, actor) as [string, string]
  const publishing = registry.publish({ name: 'web', id: address, address, port: 80, payload })
  const published = own.calls.follow(actor, 'publishing for a while', publishing)
  await system.world.sleep(random.delay(100))
  if (actor.life !== life) return
  await own.calls.follow(actor, 'closing a registry', registry.close())
  await published
}

async function vandalise(own: Own, system: System, random: Random): Promise<void> {
  const kept = pick(own, random)
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (kept === null || zk === null) return
  system.world.note(`${actor.name}: deletes the znode of ${kept.what}`)
  own.vandals.add(`${system.serverPath(kept.path)} ${actor.name}`)
  await actor.follow(zk.delete(kept.path).catch(() => {}))
}

/** Tells whether a deletion by somebody who is no part of the recipe explains a deletion. */
function isVandalised({ vandals }: Own, system: System, { type, path, sessionId }: Commit): boolean {
  return (
    type === 'delete' &&
    system.actors.some(({ name, sessions }) => sessions.has(sessionId) && vandals.has(`${path} ${name}`))
  )
}

/** Throws when a session has written into a znode, or deleted one, that another session has made. */
function checkOwnership(own: Own, system: System): void {
  const { commits } = system.history
  for (; own.checked < commits.length; own.checked++) {
    const commit = commits[own.checked]!
    const { type, path, sessionId } = commit
    if (!FOLDERS.some(folder => path.startsWith(`${system.serverPath(folder)}/`))) continue
    if (trespass(system.history.of(path), commit) === null) continue
    const actor = system.nameOfSession(sessionId)
    if (actor === undefined || isVandalised(own, system, commit)) continue
    const how = type === 'delete' ? 'deleted' : 'written into'
    failNow(`${actor} has ${how} ${path}, which another session has made`)
  }
}

/** Members, kept znodes, publications: there while they are wanted, with their newest data, and gone afterwards. */
export const members = area<Own>({
  name: 'members',
  begin: () => ({ calls: new UnderWay(), kept: new Set(), vandals: new Set(), checked: 0 }),
  steps: {
    'join, keep or publish': { weight: 6, run: begin },
    'leave or unpublish': { weight: 4, run: (own, system, random) => end(own, system, pick(own, random)) },
    'update a kept znode': {
      weight: 5,
      run: (own, system, random) => update(own, system, pick(own, random)),
    },
    'update a kept znode with too much': { weight: 1, run: updateTooMuch },
    'close a registry while it publishes': { weight: 1, run: closeWhilePublishing },
    "take another's znode over": { weight: 2, run: succeed },
    "delete another's znode": { weight: 2, run: vandalise },
  },
  check: checkOwnership,
  async quiet(own, system) {
    // Sessions of killed processes end, and what they kept with them.
    await system.quietFor(20_000)
    // A beginning and an update wait while another session has the znode.
    for (const kept of [...own.kept]) {
      const { actor, life, path, isEnding, end } = kept
      if (actor.life !== life || isEnding) continue
      if (ownerOf(system, system.serverPath(path)) === actor.name) continue
      if (end === never) kept.giveUp()
      else await endOf(own, kept)
    }
    await own.calls.ended(system)
    checkTree(own, system)
  },
})

function checkTree(own: Own, system: System): void {
  const tree = system.dump()
  const living = [...own.kept].filter(({ actor, life }) => actor.life === life)
  for (const { what, path, actor } of living)
    if (!(system.serverPath(path) in tree)) failNow(`${what} of ${actor.name} is not there`)
  for (const [serverPath, data] of Object.entries(tree)) {
    const folder = FOLDERS.find(each => serverPath.startsWith(`${system.serverPath(each)}/`))
    if (folder === undefined) continue
    const owners = living.filter(({ path }) => system.serverPath(path) === serverPath)
    if (owners.length === 0) failNow(`nobody wants ${serverPath}, and it is there`)
    // Of several who want one znode, one has it: with its own texts.
    const owner = owners.find(({ actor }) => actor.name === ownerOf(system, serverPath))
    if (owner === undefined) failNow(`${serverPath} is there for nobody who wants it`)
    const { actor, texts } = owner
    if (!texts.every(text => data?.includes(text)))
      failNow(`${serverPath} of ${actor.name} has ${data}, not ${texts.join(' and ')}`)
  }
}

/** Returns the client whose session has made an ephemeral. */
function ownerOf(system: System, serverPath: string): string | undefined {
  const session = system.ensemble.leader?.sessions().find(({ ephemerals }) => ephemerals.includes(serverPath))
  return session && system.nameOfSession(session.id)
}
