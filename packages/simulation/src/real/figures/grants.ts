import { connect, type ZooKeeper } from '@zookit/client'
import { Mutex } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
import { Tokens } from '../../checkers/tokens.ts'
import { machineTime } from '../entries.ts'
import { Cluster } from '../place/cluster.ts'
import { Breakable } from './breakable.ts'
import { count, type Figure } from './figure.ts'

const CLIENTS = 4
/** The locks, for each of which one of every client contends. */
const LOCKS = 50
/** The part of the time that real servers have; the rest of the grants comes from the in-memory server. */
const REAL = 0.5
const WANTED = 1_000_000
/** Grants after which a connection of a client is lost. */
const LOSS = 2000

/** A client whose connections break. */
interface Contender {
  readonly zk: ZooKeeper
  readonly breakable: Breakable
}

/** Contenders for locks on one server, and what they were given. */
class Contest {
  readonly #tokens = new Tokens()
  readonly #contenders: readonly Contender[]
  readonly #where: string
  grants = 0
  losses = 0
  /** Tokens that were not above those before, as the checker tells. */
  readonly regressions: string[] = []

  /** @param where names the servers, for people. */
  constructor(contenders: readonly Contender[], where: string) {
    this.#contenders = contenders
    this.#where = where
  }

  /** Contends until so many grants are made or the time is over. */
  async run(most: number, until: number): Promise<void> {
    const isOver = (): boolean => this.grants >= most || machineTime() > until
    const paths = Array.from({ length: LOCKS }, (_, index) => `/locks/${index}`)
    await Promise.all(paths.flatMap(path => this.#contenders.map(each => this.#contend(each, path, isOver))))
  }

  async #contend({ zk, breakable }: Contender, path: string, isOver: () => boolean): Promise<void> {
    const mutex = new Mutex(zk, path, { jitter: 20 })
    while (!isOver()) {
      const lock = await mutex.acquire()
      this.grants++
      if (lock.held) this.#check(path, lock.token)
      if (this.grants % LOSS === 0) {
        this.losses++
        breakable.break()
      }
      await lock.release()
    }
  }

  #check(path: string, token: bigint): void {
    try {
      this.#tokens.give(`a client got ${path} of the ${this.#where}`, path, token)
    } catch (error) {
      this.regressions.push((error as Error).message)
    }
  }
}

/** Lock grants and their fencing tokens. */
export const grants: Figure = {
  name: 'grants',
  bar: '1 million lock grants, no token below one before',
  async measure({ installation, scale, limit, say }) {
    const most = scale * WANTED
    const begun = machineTime()
    const end = begun + limit * 1000
    await using cluster = await Cluster.start(installation, 0)
    const real = await contest(cluster.hosts, 'ensemble', most, begun + REAL * (end - begun))
    say(`  ${count(real.grants)} grants on real servers`)
    await using server = await TestServer.start()
    const memory = await contest(
      server.hosts,
      'server in memory',
      most - real.grants,
      Number.POSITIVE_INFINITY,
    )
    const regressions = [...real.regressions, ...memory.regressions]
    const text = `${count(real.grants)} grants on real servers and ${count(memory.grants)} on the in-memory server, over ${count(real.losses + memory.losses)} lost connections: ${regressions.length} tokens were not above those before${regressions.length > 0 ? `, first: ${regressions[0]}` : ''}`
    return { text, isReached: regressions.length === 0 && real.grants + memory.grants >= WANTED }
  },
}

async function contest(hosts: string, where: string, most: number, until: number): Promise<Contest> {
  const contenders = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const breakable = new Breakable()
      const { environment } = breakable
      return { breakable, zk: await connect(hosts, { environment, backoff: { initial: 20, max: 500 } }) }
    }),
  )
  const contest = new Contest(contenders, where)
  await contest.run(most, until)
  await Promise.all(contenders.map(({ zk }) => zk.close()))
  return contest
}
