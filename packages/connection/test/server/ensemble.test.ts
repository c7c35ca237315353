import { setTimeout as sleep } from 'node:timers/promises'
import { op } from '@zookit/jute'
import type { RealEnsemble } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { nodeEnvironment, type Session, ZooKeeperError } from '../../src/index.ts'
import {
  addressOf,
  connect,
  create,
  describeServers,
  ensemble,
  failuresOf,
  freshPath,
  getData,
  isThere,
  recorder,
  setData,
  stat,
  statesOf,
  until,
  untilState,
} from '../support/servers.ts'

/** Clients that write all the time, and record what they wrote. */
class Load {
  /** The znode that the server said it had created, for each name. */
  readonly acknowledged = new Map<string, string>()
  readonly unknown: string[] = []
  readonly refusals: ZooKeeperError[] = []
  #stopped = false
  readonly #session: Session
  readonly #path: string
  readonly #workers: Promise<void>[]

  constructor(session: Session, path: string) {
    this.#session = session
    this.#path = path
    this.#workers = Array.from({ length: 8 }, (_, worker) => this.#work(`${worker}`))
  }

  /** Waits until more writes are acknowledged than now. */
  async progress(): Promise<void> {
    const goal = this.acknowledged.size + 20
    await until('writes are acknowledged again', () => this.acknowledged.size >= goal)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#workers)
  }

  async #work(worker: string): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      await this.#write(`${worker}.${i}`)
      await sleep(5)
    }
  }

  async #write(name: string): Promise<void> {
    try {
      const path = await create(this.#session, `${this.#path}/`, 'persistent-sequential', Buffer.from(name))
      this.acknowledged.set(name, path)
    } catch (error) {
      expect(error).to.be.instanceOf(ZooKeeperError)
      const refusal = error as ZooKeeperError
      if (refusal.code === 'CONNECTION_LOSS' && refusal.outcome === 'unknown') this.unknown.push(name)
      else this.refusals.push(refusal)
    }
  }
}

/** Returns the znodes that hold each name. */
async function readBack(session: Session, path: string): Promise<Map<string, string[]>> {
  const { children } = await session.request(op.getChildren, { path, watch: false })
  const found = new Map<string, string[]>()
  const read = async (child: string): Promise<void> => {
    const name = String(await getData(session, `${path}/${child}`))
    found.set(name, [...(found.get(name) ?? []), `${path}/${child}`])
  }
  await Promise.all(children.map(read))
  return found
}

/** Kills the leader and lets it come back, then restarts every member, one at a time. */
async function disturb(members: RealEnsemble, load: Load): Promise<void> {
  const leader = await members.leader()
  for (const victim of [leader, ...members.members]) {
    await victim.kill()
    await members.waitForQuorum()
    await load.progress()
    await victim.restart()
    await members.waitForQuorum()
    await load.progress()
  }
}

describeServers('An ensemble', () => {
  it('R1 T9 keeps the session, its ephemerals and watches through the death of the leader and a rolling restart', async () => {
    const members = await ensemble()
    const path = freshPath()
    const session = await connect(members.hosts, { sessionTimeout: 30_000 })
    const { id } = session
    await create(session, path)
    await create(session, `${path}/load`)
    await create(session, `${path}/mine`, 'ephemeral')
    await create(session, `${path}/watched`)
    const once = recorder()
    const lasting = recorder()
    await session.request(op.getData, { path: `${path}/watched`, watch: true }, { watcher: once.watcher })
    await session.request(op.addWatch, { path: `${path}/watched`, mode: 0 }, { watcher: lasting.watcher })
    const states = statesOf(session)

    const load = new Load(session, `${path}/load`)
    await load.progress()
    await disturb(members, load)
    await load.stop()

    expect(session.id).to.equal(id)
    expect(session.outstanding).to.equal(0)
    expect(new Set(states)).to.deep.equal(new Set(['suspended', 'connected']))
    expect(load.refusals).to.deep.equal([])
    const owner = (await stat(session, `${path}/mine`))?.ephemeralOwner
    expect(owner).to.equal(id)

    await session.request(op.sync, { path })
    const found = await readBack(session, `${path}/load`)
    for (const [name, created] of load.acknowledged) expect(found.get(name)).to.deep.equal([created])
    const doubtful = load.unknown.filter(name => found.has(name))
    for (const name of doubtful) expect(found.get(name)).to.have.lengthOf(1)
    expect(found.size).to.equal(load.acknowledged.size + doubtful.length)

    expect(once.events).to.deep.equal([])
    expect(new Set(lasting.events)).to.deep.equal(new Set([`resync ${path}/watched`]))
    const witness = await connect(members.hosts)
    await setData(witness, `${path}/watched`, 'seen')
    await setData(witness, `${path}/watched`, 'seen again')
    const changed = `changed ${path}/watched`
    await until('the lasting watch has fired twice', () => lasting.events.at(-2) === changed)
    expect(once.events).to.deep.equal([changed])
    expect(lasting.events.filter(event => event === changed)).to.have.lengthOf(2)
  })

  it('R8 F7 moves clients by updateServers, with the same session and no request lost', async () => {
    const { members } = await ensemble()
    const [one, two, three] = members.map(addressOf)
    const path = freshPath()
    const session = await connect(members[0]!.hosts)
    const { id } = session
    expect(id < 0n).to.equal(true)
    await create(session, path, 'ephemeral')
    for (const [from, to] of [
      [one, two],
      [two, three],
      [three, one],
    ]) {
      expect(session.server).to.deep.equal(from)
      const writes = Array.from({ length: 100 }, (_, i) => setData(session, path, `${i}`))
      // They are on their way now.
      await new Promise(resolve => setImmediate(resolve))
      session.updateServers([to!])
      const queued = getData(session, path)
      await Promise.all(writes)
      expect(await queued).to.equal('99')
      expect(session.server).to.deep.equal(to)
      expect(session.id).to.equal(id)
    }
    expect((await stat(session, path))?.version).to.equal(300)
    session.updateServers([one!, two!])
    expect(await isThere(session, path)).to.equal(true)
  })

  it('R7 that has lost its quorum is asked again with growing pauses, and takes the session back', async () => {
    const cluster = await ensemble()
    const [first, second, third] = cluster.members
    const longest: typeof nodeEnvironment = { ...nodeEnvironment, random: () => 1 - 2 ** -20 }
    const session = await connect(first!.hosts, {
      sessionTimeout: 60_000,
      environment: longest,
      backoff: { initial: 50, max: 400 },
    })
    const { id } = session
    const path = freshPath()
    await create(session, path, 'ephemeral')
    const refusedAt: number[] = []
    session.on('attemptFailed', () => refusedAt.push(performance.now()))
    const failures = failuresOf(session)
    await Promise.all([second!.kill(), third!.kill()])
    await until('the server has refused six times', () => refusedAt.length >= 6)
    expect(session.state).to.equal('suspended')
    const pauses = refusedAt.slice(0, 6).map((at, i) => at - (refusedAt[i - 1] ?? at))
    for (const [i, least] of [50, 100, 200, 400, 400].entries()) {
      expect(pauses[i + 1]).to.be.at.least(least - 5)
    }
    expect(failures.map(({ code }) => code)).to.include('HANDSHAKE_REFUSED')
    await Promise.all([second!.restart(), third!.restart()])
    await untilState(session, 'connected')
    expect(session.id).to.equal(id)
    expect(await isThere(session, path)).to.equal(true)
  })
})
