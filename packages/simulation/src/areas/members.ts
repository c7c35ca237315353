import { ZooKeeperError } from '@zookit/client'
import { Group, type Membership, PersistentNode, type Publication, ServiceRegistry } from '@zookit/recipes'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { Ground } from '../ground.ts'
import { failNow } from '../violation.ts'

/** A znode that a client keeps in existence. */
interface Kept {
  readonly what: string
  /** The znode's path, as the client knows it. */
  readonly path: string
  readonly actor: Actor
  readonly life: number
  /** The text that the znode's data contains. */
  text: string
  end(): Promise<void>
  update(text: string): Promise<void>
}

interface Own {
  readonly kept: Set<Kept>
  /** Paths that somebody has left, or whose process was killed. */
  readonly used: Set<string>
  /** Calls under way. */
  readonly busy: Set<{ readonly what: string; readonly actor: Actor; readonly life: number }>
}

type Begin = (
  zk: NonNullable<Actor['zk']>,
  name: string,
  text: string,
) => Promise<Omit<Kept, 'actor' | 'life'>>

const kinds: readonly Begin[] = [
  async (zk, name, text) => {
    const membership: Membership = await new Group(zk, '/group').join({ name, data: text })
    return {
      what: `membership ${name}`,
      path: membership.path,
      text,
      end: () => membership.leave(),
      update: data => membership.setData(data),
    }
  },
  async (zk, name, text) => {
    const node = new PersistentNode(zk, `/kept/${name}`, { data: text })
    await node.start()
    return {
      what: `kept znode ${name}`,
      path: `/kept/${name}`,
      text,
      end: () => node.close(),
      update: data => node.setData(data),
    }
  },
  async (zk, name, text) => {
    const registry = new ServiceRegistry<string>(zk, '/services')
    const init = { name: 'web', id: name, address: '10.1.1.1', port: 80, payload: text }
    const publication: Publication<string> = await registry.publish(init)
    return {
      what: `publication ${name}`,
      path: `/services/web/${name}`,
      text,
      end: () => publication.unpublish(),
      update: async payload => void (await publication.update({ payload })),
    }
  },
]

async function call(own: Own, actor: Actor, what: string, run: () => Promise<void>): Promise<void> {
  const entry = { what, actor, life: actor.life }
  own.busy.add(entry)
  try {
    await actor.follow(run())
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
  }
  own.busy.delete(entry)
}

async function begin(own: Own, ground: Ground, random: Random): Promise<void> {
  const actor = random.pick(ground.actors)
  const { zk, life } = actor
  if (zk === null) return
  const text = ground.token(actor)
  const kind = random.pick(kinds)
  await call(own, actor, `beginning ${text}`, async () => {
    const kept: Kept = { ...(await kind(zk, text, text)), actor, life }
    own.used.add(kept.path)
    own.kept.add(kept)
    ground.world.note(`${actor.name}: has ${kept.what}`)
  })
}

function pick(own: Own, random: Random): Kept | null {
  const all = [...own.kept].filter(({ actor, life }) => actor.life === life)
  return all.length === 0 ? null : random.pick(all)
}

async function end(own: Own, ground: Ground, random: Random): Promise<void> {
  const kept = pick(own, random)
  if (kept === null) return
  own.kept.delete(kept)
  ground.world.note(`${kept.actor.name}: ends ${kept.what}`)
  await call(own, kept.actor, `ending ${kept.what}`, () => kept.end())
}

async function update(own: Own, ground: Ground, random: Random): Promise<void> {
  const kept = pick(own, random)
  if (kept === null) return
  kept.text = ground.token(kept.actor)
  await call(own, kept.actor, `updating ${kept.what}`, () => kept.update(kept.text))
}

async function vandalise(own: Own, ground: Ground, random: Random): Promise<void> {
  const kept = pick(own, random)
  const actor = random.pick(ground.actors)
  if (kept === null || actor.zk === null) return
  ground.world.note(`${actor.name}: deletes the znode of ${kept.what}`)
  await actor.follow(actor.zk.delete(kept.path).catch(() => {}))
}

function busyOf(own: Own): string[] {
  return [...own.busy]
    .filter(({ actor, life }) => actor.life === life)
    .map(({ actor, what }) => `${actor.name}: ${what}`)
}

/** Members, kept znodes, publications: there while they are wanted, with their newest data, and gone afterwards. */
export const members = area<Own>({
  name: 'members',
  begin: () => ({ kept: new Set(), used: new Set(), busy: new Set() }),
  steps: {
    'join, keep or publish': { weight: 5, run: begin },
    'leave or unpublish': { weight: 4, run: end },
    'update a kept znode': { weight: 5, run: update },
    "delete another's znode": { weight: 2, run: vandalise },
  },
  async quiet(own, ground) {
    for (let waited = 0; busyOf(own).length > 0; waited += 100) {
      if (waited > 60_000) failNow(`still busy after a minute of quiet: ${busyOf(own).join('; ')}`)
      await ground.world.sleep(100)
    }
    // Sessions of killed processes end, and what they kept with them.
    await ground.world.sleep(20_000)
    const tree = ground.dump()
    const wanted = new Map(
      [...own.kept].filter(({ actor, life }) => actor.life === life).map(kept => [kept.path, kept]),
    )
    for (const [path, { what, actor, text }] of wanted) {
      const data = tree[ground.serverPath(path)]
      if (data === undefined) failNow(`${what} of ${actor.name} is not there`)
      if (!data?.includes(text)) failNow(`${what} of ${actor.name} has ${data}, not ${text}`)
    }
    for (const path of own.used) {
      if (!wanted.has(path) && ground.serverPath(path) in tree)
        failNow(`nobody wants ${path}, and it is there`)
    }
  },
})
