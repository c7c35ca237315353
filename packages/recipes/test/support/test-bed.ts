import {
  type ConnectOptions,
  connect,
  type Environment,
  nodeEnvironment,
  type SessionState,
  type ZooKeeper,
} from '@zookit/client'
import { TestServer, type TestServerOptions } from '@zookit/testing'

/** Milliseconds to wait for what must happen: far longer than it takes. */
const TIME_LIMIT = 20_000

/** A server and its clients, which end with the scope. */
export class TestBed implements AsyncDisposable {
  readonly server: TestServer
  readonly #clients: ZooKeeper[] = []

  private constructor(server: TestServer) {
    this.server = server
  }

  static async start(options: TestServerOptions = {}): Promise<TestBed> {
    return new TestBed(await TestServer.start({ tickTime: 100, ...options }))
  }

  /** Makes a client with a session of a minute: nothing expires, and nothing pings, unless a test says so. */
  async client(options: ConnectOptions = {}): Promise<ZooKeeper> {
    const brisk = { sessionTimeout: 60_000, backoff: { initial: 5, max: 20 }, closeTimeout: 1000 }
    const zk = await connect(this.server.hosts, { ...brisk, ...options })
    this.#clients.push(zk)
    return zk
  }

  /** Returns the names below a path, in no order; none if there is no such znode. */
  names(path: string): string[] {
    const paths = Object.keys(this.server.dump())
    return paths.filter(one => one.startsWith(`${path}/`)).map(one => one.slice(path.length + 1))
  }

  /** Returns the requests since the last `clearRequests`, by operation, without pings. */
  operations(zk?: ZooKeeper): string[] {
    return this.server
      .requests()
      .filter(({ operation, sessionId }) => operation !== 'ping' && (!zk || zk.session.id === sessionId))
      .map(({ operation }) => operation)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.clearFaults()
    await Promise.all(this.#clients.map(zk => zk.close()))
    await this.server.stop()
  }
}

/** Node's environment with a clock that a test moves: timers stay where they are, as after a suspended process. */
export class Clock {
  #skew = 0
  readonly environment: Environment = { ...nodeEnvironment, now: () => nodeEnvironment.now() + this.#skew }

  advance(milliseconds: number): void {
    this.#skew += milliseconds
  }
}

/**
 * Number of turns of the event loop after each of which a condition is checked, so that a short-lived one is not
 * missed.
 */
const CLOSE_LOOKS = 2000

/** Resolves when a condition holds. */
export async function until(what: string, holds: () => unknown): Promise<void> {
  const end = performance.now() + TIME_LIMIT
  for (let looks = 0; !(await holds()); looks++) {
    if (performance.now() > end) throw new Error(`timed out: ${what}`)
    await new Promise(resolve => (looks < CLOSE_LOOKS ? setImmediate(resolve) : setTimeout(resolve, 2)))
  }
}

/** Returns the error that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<{ code?: string } & Error> {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('it was not rejected')
}

/** Resolves when a signal is aborted, with its reason. */
export function abortOf(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve(signal.reason)
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(signal.reason)))
}

/** Resolves at the next change of a client's state. Call it before the change is made. */
export function nextState(zk: ZooKeeper): Promise<SessionState> {
  return new Promise(resolve => {
    const onState = (state: SessionState): void => {
      zk.off('state', onState)
      resolve(state)
    }
    zk.on('state', onState)
  })
}

/** Returns whether a promise is settled by now. */
export async function isDone(promise: Promise<unknown>): Promise<boolean> {
  await settle()
  return Promise.race([promise.then(() => true), settle().then(() => false)])
}

/** Lets everything happen that is due, replies in flight included. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Ends a client's session as its server would: another client takes it over and closes it. */
export async function endSession(zk: ZooKeeper, hosts: string): Promise<void> {
  const { id, password } = zk.session
  while (zk.session.id === id) {
    try {
      const usurper = await connect(hosts, { session: { id, password }, backoff: { initial: 1, max: 5 } })
      await usurper.close()
    } catch (error) {
      if ((error as { code?: string }).code !== 'SESSION_EXPIRED') throw error
    }
    await settle()
  }
  await until('there is a new session', () => zk.state === 'connected')
}
