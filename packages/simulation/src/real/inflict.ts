import { setTimeout as sleep } from 'node:timers/promises'
import type { RemoteClient } from './client/clients.ts'
import type { Cluster, Member } from './place/cluster.ts'
import type { Place } from './place/namespaces.ts'
import type { FaultKind, PlannedFault } from './schedule.ts'

/** The client and the member that a fault meets, and all that it can reach. */
interface Scene {
  readonly cluster: Cluster
  readonly client: RemoteClient
  readonly member: Member
  /** The members but `member`. */
  readonly others: readonly Member[]
  readonly chance: number
}

/** Begins a fault. @returns who was met, for people, and what ends the fault. */
type Inflict = (scene: Scene) => Promise<{ who: string; end: () => Promise<void> }>

/** Part of the packets that a lossy link loses. */
const LOST = 0.2

/** The longest step of a clock, in milliseconds: two hours. */
const LONGEST_STEP = 7_200_000

const nameOf = ({ id }: Member): string => `member ${id}`

async function kill(member: Member): ReturnType<Inflict> {
  await member.server.kill()
  return { who: nameOf(member), end: () => member.server.restart() }
}

async function freeze(member: Member): ReturnType<Inflict> {
  await member.server.pause()
  return { who: nameOf(member), end: () => member.server.resume() }
}

/** Loses what goes from some places to others. */
async function cut(who: string, from: readonly Place[], to: readonly Place[]): ReturnType<Inflict> {
  const pairs = from.flatMap(one => to.map(other => [one, other] as const))
  for (const [one, other] of pairs) one.cut(other)
  return {
    who,
    end: async () => {
      for (const [one, other] of pairs) one.join(other)
    },
  }
}

/** Loses all between some places and others. */
async function part(who: string, some: readonly Place[], others: readonly Place[]): ReturnType<Inflict> {
  const [there, back] = [await cut(who, some, others), await cut(who, others, some)]
  return { who, end: async () => void (await Promise.all([there.end(), back.end()])) }
}

async function slow(who: string, place: Place, { cluster }: Scene): ReturnType<Inflict> {
  place.slow(cluster.abilities.netem ? 'netem' : 'rate')
  return { who, end: async () => place.mend() }
}

async function lossy(who: string, place: Place, { cluster }: Scene): ReturnType<Inflict> {
  place.lose(LOST, cluster.abilities)
  return { who, end: async () => place.mend() }
}

const placesOf = (members: readonly Member[]): Place[] => members.map(({ place }) => place!)

async function leaderOf({ cluster, member }: Scene): Promise<Member> {
  return (await cluster.leader()) ?? member
}

const INFLICT: Readonly<Record<FaultKind, Inflict>> = {
  'kill a member': ({ member }) => kill(member),
  'freeze a member': ({ member }) => freeze(member),
  'kill the leader': async scene => kill(await leaderOf(scene)),
  'freeze the leader': async scene => freeze(await leaderOf(scene)),
  'restart all members': async ({ cluster }) => {
    await cluster.kill()
    return {
      who: 'all members',
      end: async () => void (await Promise.all(cluster.members.map(({ server }) => server.restart()))),
    }
  },
  'restart one member after the other': async ({ cluster }) => ({
    who: 'all members',
    async end() {
      for (const { server } of cluster.members) {
        await server.restart()
        await cluster.waitForQuorum()
      }
    },
  }),
  'fill the disk of a member': async ({ member }) => {
    member.process.fillDisk()
    return {
      who: nameOf(member),
      async end() {
        // The server ends itself, or stays as good as dead, when its log cannot be written.
        await member.server.kill()
        member.process.emptyDisk()
        await member.server.restart()
      },
    }
  },
  'show an expired certificate': async ({ member }) => {
    member.process.certificate = 'expired'
    await member.server.restart()
    return {
      who: nameOf(member),
      async end() {
        member.process.certificate = 'server'
        await member.server.restart()
      },
    }
  },
  'cut a client off from a member': ({ client, member }) =>
    part(`${client.name}, ${nameOf(member)}`, [client.place!], placesOf([member])),
  'lose what a client sends to a member': ({ client, member }) =>
    cut(`${client.name}, ${nameOf(member)}`, [client.place!], placesOf([member])),
  'lose what a member sends to a client': ({ client, member }) =>
    cut(`${nameOf(member)}, ${client.name}`, placesOf([member]), [client.place!]),
  'cut a client off from all members': ({ client, cluster }) =>
    part(client.name, [client.place!], placesOf(cluster.members)),
  'cut a member off from the others': ({ member, others }) =>
    part(nameOf(member), placesOf([member]), placesOf(others)),
  'lose what a member sends to the others': ({ member, others }) =>
    cut(nameOf(member), placesOf([member]), placesOf(others)),
  'slow a client down': scene => slow(scene.client.name, scene.client.place!, scene),
  'slow a member down': scene => slow(nameOf(scene.member), scene.member.place!, scene),
  'lose packets of a client': scene => lossy(scene.client.name, scene.client.place!, scene),
  'lose packets of a member': scene => lossy(nameOf(scene.member), scene.member.place!, scene),
  'step the clock of a client': async ({ client, chance }) => {
    const by = Math.round((2 * chance - 1) * LONGEST_STEP)
    client.stepClock(by)
    return { who: `${client.name}, by ${Math.round(by / 1000)} s`, end: async () => client.stepClock(-by) }
  },
  'kill a client': async ({ client }) => {
    await client.kill()
    return { who: client.name, end: async () => client.start() }
  },
  'stop a client': async ({ client }) => {
    client.pause()
    return { who: client.name, end: async () => client.resume() }
  },
}

/** A fault that has happened, with its times on the machine's clock. */
export interface Fault {
  readonly kind: FaultKind
  readonly who: string
  /** The begin of what makes the fault, and the time since which it was there. */
  readonly from: number
  readonly since: number
  /** The begin of what ends the fault, and the time when that was done. Infinity before. */
  until: number
  to: number
}

/** Everything that faults of a run can meet; faults on one thing come one after the other. */
export class Faults {
  readonly #cluster: Cluster
  readonly #clients: readonly RemoteClient[]
  readonly #now: () => number
  readonly happened: Fault[] = []
  /** The end of the newest fault that restarts, stops or mends each thing. */
  readonly #turns = new Map<string, Promise<void>>()

  constructor(cluster: Cluster, clients: readonly RemoteClient[], now: () => number) {
    this.#cluster = cluster
    this.#clients = clients
    this.#now = now
  }

  /** Lets a fault happen, from its begin to its end. It waits for those that meet the same before. */
  async inflict(planned: PlannedFault): Promise<void> {
    const key = planned.kind.includes('client') ? `client ${planned.client}` : 'members'
    const before = this.#turns.get(key) ?? Promise.resolve()
    const own = before.then(() => this.#run(planned))
    this.#turns.set(key, own)
    await own
  }

  async #run({ kind, lasts, chance, ...planned }: PlannedFault): Promise<void> {
    const member = this.#cluster.members[planned.member]!
    const others = this.#cluster.members.filter(each => each !== member)
    const client = this.#clients[planned.client]!
    const from = this.#now()
    const { who, end } = await INFLICT[kind]({
      cluster: this.#cluster,
      client,
      member,
      others,
      chance,
    })
    const never = Number.POSITIVE_INFINITY
    const fault: Fault = { kind, who, from, since: this.#now(), until: never, to: never }
    this.happened.push(fault)
    await sleep(lasts)
    fault.until = this.#now()
    await end()
    fault.to = this.#now()
  }
}
