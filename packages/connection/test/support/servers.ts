import { setTimeout as sleep } from 'node:timers/promises'
import { type ACL, CreateFlag, op, Perm, type Stat } from '@zookit/jute'
import {
  findTargets,
  fourLetterWord,
  type RealEnsemble,
  type RealServer,
  type Target,
} from '@zookit/test-fixtures'
import { expect } from 'chai'
import {
  parseConnectString,
  type ServerAddress,
  Session,
  type SessionOptions,
  type SessionState,
  type WatchEvent,
  ZooKeeperError,
} from '../../src/index.ts'
import { memoryTarget } from './memory-target.ts'

/** The longest wait for anything that is expected, in milliseconds: far longer than it takes. */
const TIME_LIMIT = 20_000

export const SUPER = Buffer.from('super:wizard')
export const OPEN: readonly ACL[] = [{ perms: Perm.ALL, id: { scheme: 'world', id: 'anyone' } }]

/**
 * After a leader's death the next one may follow the dead one for as many ticks as `initLimit` says before it looks
 * again.
 */
export const ELECTION = { initLimit: 20, syncLimit: 15 }

/** A source of servers of a kind. Real ones may do what the one in memory cannot. */
export interface Servers extends Pick<Target, 'name' | 'startServer' | 'startEnsemble'> {
  readonly real: boolean
}

// Of the real ones the preferred alone: a second kind of the same server would cost a minute and tell nothing new.
const kinds: readonly Servers[] = [
  { ...memoryTarget, real: false },
  ...(await findTargets()).slice(0, 1).map(target => ({ ...target, real: true })),
]

interface Shared {
  lone?: Promise<RealServer>
  trio?: Promise<RealEnsemble>
}

const shared = new Map<Servers, Shared>(kinds.map(kind => [kind, {}]))
/** The kind whose tests run now. */
let current = kinds[0]!
const sessions: Session[] = []
const others: { close(): unknown }[] = []

/** Defines a group of tests, against each kind of server that is available. */
export function describeServers(title: string, body: (target: Servers) => void): void {
  // A hook of each file: a process that runs several files one by one imports this module once.
  after('stop the shared servers', async function () {
    this.timeout(TIME_LIMIT)
    await stopAll()
  })
  for (const kind of kinds) {
    describe(`${title}, on ${kind.name}`, function () {
      this.timeout(3 * TIME_LIMIT)
      before(() => {
        current = kind
      })
      afterEach(closeAll)
      body(kind)
    })
  }
}

/** Returns the server that all tests of a file share, awake and serving; started when it is first asked for. */
export async function standalone(): Promise<RealServer> {
  const lone = (shared.get(current)!.lone ??= current.startServer({
    tickTime: 100,
    superPassword: 'wizard',
    sasl: { users: { bob: 'builder' } },
    reconfigEnabled: true,
  }))
  const server = await lone
  if ((await server.mode()) !== 'standalone') await server.restart()
  return server
}

/** Returns the ensemble that all tests of a file share, with its quorum. */
export async function ensemble(): Promise<RealEnsemble> {
  const options = { config: ELECTION, superPassword: 'wizard', firstId: 200 }
  const members = await (shared.get(current)!.trio ??= current.startEnsemble(options))
  for (const member of members.members) {
    if ((await member.mode()) === undefined) await member.restart()
  }
  await members.waitForQuorum()
  return members
}

/** Stops the shared servers. The next test that needs one starts another. */
async function stopAll(): Promise<void> {
  const all = [...shared.values()].flatMap(({ lone, trio }) => [lone, trio])
  for (const kind of kinds) shared.set(kind, {})
  await Promise.all(all.map(async server => (await server)?.stop()))
}

/** Freezes a server; resolves when it answers nobody any more. */
export async function freeze(server: RealServer): Promise<void> {
  await server.pause()
  const answers = (): Promise<string> => fourLetterWord(server.host, server.port, 'ruok', 100).catch(() => '')
  await until('the server is frozen', async () => (await answers()) === '')
}

/** Returns a session, not connected yet; closed after the test. */
export function open(hosts: string, options: Partial<SessionOptions> = {}): Session {
  const { servers } = parseConnectString(hosts)
  const session = new Session({
    servers,
    sessionTimeout: 10_000,
    backoff: { initial: 20, max: 200 },
    closeTimeout: 20_000,
    ...options,
  })
  sessions.push(session)
  return session
}

/** Returns a connected session; closed after the test. */
export async function connect(hosts: string, options: Partial<SessionOptions> = {}): Promise<Session> {
  const session = open(hosts, options)
  await session.ready()
  return session
}

/** Closes something after the test. */
export function closeLater<T extends { close(): unknown }>(thing: T): T {
  others.push(thing)
  return thing
}

async function closeAll(): Promise<void> {
  await Promise.all(sessions.splice(0).map(session => session.close()))
  for (const other of others.splice(0)) await other.close()
}

export function addressOf(server: { host: string; port: number }): ServerAddress {
  return { host: server.host, port: server.port }
}

let znodes = 0

/** Returns a path that no other test has. */
export function freshPath(): string {
  return `/test-${++znodes}`
}

/** Waits until something is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + TIME_LIMIT
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within the time: ${what}`)
    await sleep(5)
  }
}

/** Waits until the session is in a state. */
export function untilState(session: Session, state: SessionState): Promise<void> {
  return until(`the session is ${state}`, () => session.state === state)
}

/** Returns the states that a session goes through from now on. */
export function statesOf(session: Session): SessionState[] {
  const states: SessionState[] = []
  session.on('state', state => states.push(state))
  return states
}

/** Returns the failed attempts of a session from now on. */
export function failuresOf(session: Session): ZooKeeperError[] {
  const failures: ZooKeeperError[] = []
  session.on('attemptFailed', error => failures.push(error))
  return failures
}

/** Returns the error that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<ZooKeeperError> {
  const error = await promise.then(
    value => expect.fail(`it succeeded with ${String(value)}`),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(ZooKeeperError)
  const { code, message } = error as ZooKeeperError
  expect(message.split(code), `${message} says the code once`).to.have.lengthOf(2)
  return error as ZooKeeperError
}

/** Returns a watcher that keeps what it is told, shortened to `type path`. */
export function recorder(): { events: string[]; watcher: (event: WatchEvent) => void } {
  const events: string[] = []
  return { events, watcher: event => events.push(`${event.type} ${event.path}`) }
}

export async function create(
  session: Session,
  path: string,
  mode: keyof typeof CreateFlag = 'persistent',
  data: Buffer | null = null,
): Promise<string> {
  const reply = await session.request(op.create, { path, data, acl: OPEN, flags: CreateFlag[mode] })
  return reply.path
}

export async function setData(session: Session, path: string, data: string): Promise<Stat> {
  const reply = await session.request(op.setData, { path, data: Buffer.from(data), version: -1 })
  return reply.stat
}

export async function getData(session: Session, path: string): Promise<string | undefined> {
  const reply = await session.request(op.getData, { path, watch: false })
  return reply.data?.toString()
}

export function remove(session: Session, path: string): Promise<unknown> {
  return session.request(op.delete, { path, version: -1 })
}

export async function stat(session: Session, path: string): Promise<Stat | null> {
  const reply = await session.request(op.exists, { path, watch: false })
  return reply?.stat ?? null
}

export async function isThere(session: Session, path: string): Promise<boolean> {
  return (await stat(session, path)) !== null
}
