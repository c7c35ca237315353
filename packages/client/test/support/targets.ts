import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { type ConnectOptions, connect, digestId, type ZooKeeper, ZooKeeperError } from '../../src/index.ts'
import { Cable } from './cable.ts'

/** The time limit, in milliseconds, of every wait for an expected event: far longer than the event takes. */
const TIME_LIMIT = 20_000

/** The password of the digest user `super`, which passes every ACL. */
export const SUPER = 'super:wizard'

interface Kind {
  name: string
  real: boolean
  start(): Promise<{ hosts: string; stop(): Promise<void> }>
}

const memory: Kind = {
  name: 'the in-memory server',
  real: false,
  start: () =>
    TestServer.start({
      tickTime: 100,
      containerCheckInterval: 100,
      superDigest: digestId('super', 'wizard'),
    }),
}

const real: Kind[] = (await findTargets()).slice(0, 1).map(target => ({
  name: target.name,
  real: true,
  start: (): Promise<RealServer> => target.startServer({ tickTime: 100, superPassword: 'wizard' }),
}))

let names = 0

/** A server that all tests of a file share (of all files where one process runs them in one go), and the clients of one test. */
export class Target {
  readonly name: string
  readonly real: boolean
  readonly #kind: Kind
  #server: ReturnType<Kind['start']> | undefined
  #root: Promise<ZooKeeper> | undefined
  readonly #clients = new Map<ZooKeeper, Cable>()

  constructor(kind: Kind) {
    this.name = kind.name
    this.real = kind.real
    this.#kind = kind
  }

  /** Returns `host:port`. */
  async hosts(): Promise<string> {
    this.#server ??= this.#kind.start()
    return (await this.#server).hosts
  }

  /** Creates a znode at a path that no other test uses. */
  async freshPath(): Promise<string> {
    this.#root ??= this.hosts().then(hosts => connect(hosts))
    const path = `/test-${++names}`
    await (await this.#root).create(path)
    return path
  }

  /** Connects a client that is closed after the test. */
  async client(chroot = '', options: ConnectOptions = {}): Promise<ZooKeeper> {
    const cable = new Cable()
    const zk = await connect(`${await this.hosts()}${chroot}`, {
      sessionTimeout: 10_000,
      backoff: { initial: 10, max: 100 },
      closeTimeout: 20_000,
      environment: cable.environment,
      ...options,
    })
    this.#clients.set(zk, cable)
    return zk
  }

  /** Connects a client whose chroot no other test uses, closed after the test. */
  async freshClient(options: ConnectOptions = {}): Promise<ZooKeeper> {
    return this.client(await this.freshPath(), options)
  }

  /** Returns the cable of a client of this target. */
  cableOf(zk: ZooKeeper): Cable {
    return this.#clients.get(zk)!
  }

  /** Connects a client like `freshClient`, and returns its cable too. */
  async cabledClient(options: ConnectOptions = {}): Promise<{ zk: ZooKeeper; cable: Cable }> {
    const zk = await this.freshClient(options)
    return { zk, cable: this.cableOf(zk) }
  }

  async closeClients(): Promise<void> {
    const clients = [...this.#clients.keys()]
    this.#clients.clear()
    await Promise.all(clients.map(client => client.close()))
  }

  /** Stops the server. The next call that needs one starts another. */
  async stop(): Promise<void> {
    const [root, server] = [this.#root, this.#server]
    this.#root = undefined
    this.#server = undefined
    await (await root)?.close()
    await (await server)?.stop()
  }
}

const targets = [memory, ...real].map(kind => new Target(kind))

/** Defines the same tests for every available server: the in-memory one, and a real one where one is installed. */
export function describeTargets(title: string, body: (target: Target) => void): void {
  // A hook of each file: a process that runs several files one by one imports this module once.
  after('stop the shared servers', async function () {
    this.timeout(TIME_LIMIT)
    await Promise.all(targets.map(target => target.stop()))
  })
  for (const target of targets) {
    describe(`${title}, on ${target.name}`, function () {
      this.timeout(2 * TIME_LIMIT)
      afterEach(() => target.closeClients())
      body(target)
    })
  }
}

/** Ends a session without its client, as its server would: the identity is enough to close it. */
export async function expire(target: Target, zk: ZooKeeper): Promise<void> {
  const { id, password } = zk.session
  const cable = target.cableOf(zk)
  cable.pull()
  const other = await connect(await target.hosts(), { session: { id, password } })
  await other.close()
  cable.plug()
}

/** Returns the rejection of a promise. */
export async function failureOf(promise: Promise<unknown>): Promise<ZooKeeperError> {
  try {
    await promise
  } catch (error) {
    if (ZooKeeperError.is(error)) return error
    throw error
  }
  throw new Error('it should have failed')
}

/** Resolves when the client's state is the given one. */
export function stateOf(zk: ZooKeeper, wanted: ZooKeeper['state']): Promise<void> {
  return new Promise(resolve => {
    const check = (): void => {
      if (zk.state !== wanted) return
      zk.off('state', check)
      resolve()
    }
    zk.on('state', check)
    check()
  })
}

/** Waits until a condition is true. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TIME_LIMIT
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within the time: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
