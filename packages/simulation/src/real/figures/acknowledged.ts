import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { Random } from '@zookit/testing/simulate'
import { Cluster } from '../place/cluster.ts'
import { forEachCommitted } from '../truth/committed.ts'
import { type MemberRecord, recordOf } from '../truth/member-record.ts'
import { Breakable } from './breakable.ts'
import { count, type Figure } from './figure.ts'

/** Writes of one client that are under way at a time. */
const WINDOW = 500
const CLIENTS = 4
/** Milliseconds between two breaks of a connection, for the whole run. */
const BREAK = 400
/** Milliseconds between two kills of a member. */
const KILL = 60_000
/** The acknowledged writes that are wanted, and the room for those whose outcome stays unknown. */
const WANTED = 5_000_000
const ROOM = 2
/** The lost connections that are wanted. */
const LOSSES = 1000

const pathOf = (client: number): string => `/writes-${client}`

/** The fates of a write. */
const [APPLIED, REJECTED, UNKNOWN] = [1, 2, 3]

/** A client that writes as fast as it can, and whose connections break. */
class Flood {
  readonly #path: string
  readonly fates: Uint8Array
  written = 0
  applied = 0
  losses = 0
  readonly #breakable = new Breakable()
  #zk: ZooKeeper | null = null

  /** @param most the writes that it makes at most. */
  constructor(client: number, most: number) {
    this.#path = pathOf(client)
    this.fates = new Uint8Array(most)
  }

  async connect(hosts: string): Promise<void> {
    const { environment } = this.#breakable
    const backoff = { initial: 20, max: 500 }
    const zk = await connect(hosts, { sessionTimeout: 10_000, backoff, environment, whenFull: 'wait' })
    zk.on('state', state => void (state === 'suspended' && this.losses++))
    await zk.create(this.#path)
    this.#zk = zk
  }

  /** Breaks the connection in the midst of whatever is on it. */
  break(): void {
    if (this.#zk?.state === 'connected') this.#breakable.break()
  }

  async run(isOver: () => boolean): Promise<void> {
    await Promise.all(Array.from({ length: WINDOW }, () => this.#write(isOver)))
    await this.#zk!.close()
  }

  async #write(isOver: () => boolean): Promise<void> {
    while (!isOver() && this.written < this.fates.length) {
      const number = this.written++
      try {
        await this.#zk!.setData(this.#path, String(number))
        this.fates[number] = APPLIED
        this.applied++
      } catch (error) {
        if (!ZooKeeperError.is(error)) throw error
        this.fates[number] = error.outcome === 'unknown' ? UNKNOWN : REJECTED
      }
    }
  }
}

/** Counts what does not fit together: what the clients were told, and what the members have logged. */
function compare(
  floods: readonly Flood[],
  members: readonly MemberRecord[],
): { lost: number; wrong: number; twice: number } {
  const seen = floods.map(({ fates }) => new Uint8Array(fates.length))
  const byPath = new Map(floods.map((_, index) => [pathOf(index), seen[index]!]))
  let twice = 0
  forEachCommitted(members, ({ changes }) => {
    for (const change of changes) {
      const numbers = byPath.get(change.path)
      if (numbers === undefined || change.type !== 'setData') continue
      const number = Number(Buffer.from(change.data!).toString())
      if (numbers[number]!++ > 0) twice++
    }
  })
  let [lost, wrong] = [0, 0]
  for (const [index, { fates }] of floods.entries())
    for (let number = 0; number < fates.length; number++) {
      const isThere = seen[index]![number]! > 0
      if (fates[number] === APPLIED && !isThere) lost++
      if (fates[number] === REJECTED && isThere) wrong++
    }
  return { lost, wrong, twice }
}

async function breakAgainAndAgain(
  floods: readonly Flood[],
  cluster: Cluster,
  isOver: () => boolean,
): Promise<void> {
  const random = new Random('breaks')
  for (let waited = 0; !isOver(); waited += BREAK) {
    await new Promise(done => setTimeout(done, BREAK))
    random.pick(floods).break()
    if (waited % KILL === KILL - BREAK) await random.pick(cluster.members).server.restart()
  }
}

/** Acknowledged writes over many lost connections. */
export const writes: Figure = {
  name: 'writes',
  bar: '5 million acknowledged writes over 1 000 lost connections, none of them lost',
  async measure({ installation, scale, limit, say }) {
    // Large pieces of the log, and few snapshots, for the sake of the rate.
    const properties = { 'zookeeper.preAllocSize': '65536', 'zookeeper.snapCount': '1000000' }
    await using cluster = await Cluster.start(installation, 0, { properties })
    const most = (ROOM * scale * WANTED) / CLIENTS
    const floods = Array.from({ length: CLIENTS }, (_, index) => new Flood(index, most))
    for (const flood of floods) await flood.connect(cluster.hosts)
    const begun = performance.now()
    const applied = (): number => floods.reduce((sum, flood) => sum + flood.applied, 0)
    const lost = (): number => floods.reduce((sum, flood) => sum + flood.losses, 0)
    const isOver = (): boolean =>
      (applied() >= scale * WANTED && lost() >= scale * LOSSES) || performance.now() > begun + limit * 1000
    const told = setInterval(() => say(`  ${count(applied())} writes`), 30_000)
    const breaking = breakAgainAndAgain(floods, cluster, isOver)
    await Promise.all(floods.map(flood => flood.run(isOver)))
    const seconds = (performance.now() - begun) / 1000
    clearInterval(told)
    await breaking
    await cluster.kill()
    const found = compare(
      floods,
      cluster.members.map(({ process }) => recordOf(process)),
    )
    const of = (fate: number): number =>
      floods.reduce((sum, { fates }) => sum + fates.filter(each => each === fate).length, 0)
    const { wrong, twice } = found
    const text = `${count(applied())} acknowledged writes over ${count(lost())} lost connections in ${Math.round(seconds)} s: ${found.lost} lost, ${twice} applied twice, ${wrong} applied though rejected; ${count(of(UNKNOWN))} had an unknown outcome`
    const isRight = found.lost + wrong + twice === 0
    return { text, isReached: isRight && applied() >= WANTED && lost() >= LOSSES }
  },
}
