import { inspect } from 'node:util'
import { op } from '@zookit/jute'
import { authorityPem, certificate } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import {
  attemptChannel,
  nodeEnvironment,
  requestChannel,
  Session,
  type SessionOptions,
  setWatchesChannel,
  stateChannel,
  unknownEventChannel,
  watchEventChannel,
} from '../src/index.ts'
import { LOG_TOPICS } from '../src/observe/debug-topics.ts'
import { listen } from '../src/observe/log.ts'

const SECRETS = ['digest-hunter2', 'sasl-hunter2', 'open-hunter2', 'token-hunter2']
const { key } = certificate('client')
const KEY_LINE = key.split('\n')[1]!

/** Everything that a program can print of a value without taking it apart on purpose. */
function printed(value: unknown): string {
  const json = (): string => {
    try {
      return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each)) ?? ''
    } catch (error) {
      return String(error)
    }
  }
  const { stack = '' } = (value ?? {}) as { stack?: string }
  const all = {
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
    showHidden: true,
  } as const
  const inspected = [inspect(value, all), inspect(value, { ...all, customInspect: false, showProxy: true })]
  return [...inspected, String(value), json(), stack].join('\n')
}

/** Returns all that is told of a session until it is closed, however it ends. */
async function toldOf(options: SessionOptions, use: (session: Session) => Promise<unknown>): Promise<string> {
  const told: string[] = []
  const hear = (message: unknown): void => void told.push(printed(message))
  const channels = [stateChannel, attemptChannel, unknownEventChannel, watchEventChannel, setWatchesChannel]
  const all = { start: hear, end: hear, asyncStart: hear, asyncEnd: hear, error: hear }
  for (const each of channels) each.subscribe(hear)
  requestChannel.subscribe(all)
  const session = new Session(options)
  session.on('attemptFailed', (error, server) => told.push(printed(error), printed(server)))
  session.on('state', (...states) => hear(states))
  session.on('listenerError', hear)
  // What ZOOKIT_DEBUG writes, and the fields that a logger gets.
  const stop = listen(LOG_TOPICS, session, line => told.push(line.text, printed(line.fields)))
  try {
    await use(session).catch(hear)
    told.push(printed(session), printed({ session }), printed(session.health()), printed(session.watches))
  } finally {
    await session.close()
    told.push(printed(session))
    stop()
    for (const each of channels) each.unsubscribe(hear)
    requestChannel.unsubscribe(all)
  }
  return told.join('\n')
}

const failed = (session: Session): Promise<unknown> =>
  new Promise(resolve =>
    session.on('attemptFailed', resolve).on('state', state => state === 'auth-failed' && resolve(state)),
  )

/** An environment in which what is dialled far away comes out on this machine. */
const far = {
  ...nodeEnvironment,
  resolve: async () => ['192.0.2.7'],
  open: ((target, handler) =>
    nodeEnvironment.open({ ...target, address: '127.0.0.1' }, handler)) as typeof nodeEnvironment.open,
}

describe('All that a session tells of itself', () => {
  let server: TestServer
  before(async () => {
    server = await TestServer.start({ sasl: { joe: 'right' } })
  })
  after(() => server.stop())

  const digest = (session: Session): Promise<void> => session.addAuth('digest', `joe:${SECRETS[0]}`)
  const sasl = { mechanism: 'DIGEST-MD5', username: 'joe', password: SECRETS[1]! } as const

  const cases: Record<
    string,
    () => [options: Partial<SessionOptions>, use: (session: Session) => Promise<unknown>]
  > = {
    'with credentials that are accepted': () => [
      {},
      async session => {
        await session.ready()
        await digest(session)
        const info = await session.request(op.whoAmI, null)
        expect(printed(info)).to.contain('joe')
      },
    ],
    'with credentials that are refused': () => [{}, session => session.addAuth('runes', SECRETS[3]!)],
    'with credentials that may not be sent': () => [{ environment: far }, digest],
    'with a SASL password that is refused': () => [{ sasl }, session => session.ready()],
    'with a SASL password that may not be sent': () => [{ sasl, environment: far }, failed],
    'with invalid SASL options': () => [
      { sasl: () => ({ mechanism: SECRETS[1], password: SECRETS[1] }) as never },
      failed,
    ],
    'with a function that fails': () => [
      { sasl: { ...sasl, password: () => Promise.reject(new Error('the vault is sealed')) } },
      failed,
    ],
    'with a function that returns what it must not': () => [{ tls: (() => SECRETS[2]) as never }, failed],
    'with a passphrase that is wrong': () => [
      { tls: { ca: authorityPem(), cert: certificate('client').cert, key, passphrase: SECRETS[2] } },
      failed,
    ],
    'with a key in the place of a certificate': () => [{ tls: { cert: key, key: 'none' } }, failed],
    'with a session that has expired': () => [
      { session: { id: 77n, password: Buffer.from('token-hunter2!!!') }, renew: false },
      session => session.ready(),
    ],
    'with a server that cannot be reached': () => [
      { servers: [{ host: '127.0.0.1', port: 1 }], sasl, tls: { passphrase: SECRETS[2] } },
      async session => {
        void digest(session).catch(() => {})
        await failed(session)
      },
    ],
  }
  for (const [what, make] of Object.entries(cases)) {
    it(`A8 ${what} has no secret in it`, async () => {
      const [options, use] = make()
      const told = await toldOf({ servers: [{ host: '127.0.0.1', port: server.port }], ...options }, use)
      expect(told).to.have.lengthOf.above(200)
      for (const secret of [...SECRETS, KEY_LINE]) {
        expect(told, 'as text').not.to.include(secret)
        expect(told, 'as hexadecimal').not.to.include(Buffer.from(secret).toString('hex'))
        expect(told, 'as base64').not.to.include(Buffer.from(secret).toString('base64').slice(0, 12))
        expect(told, 'as inspected bytes').not.to.include(
          Buffer.from(secret)
            .toString('hex')
            .replace(/..(?=.)/g, '$& '),
        )
        expect(told, 'as numbers').not.to.include([...Buffer.from(secret)].join(','))
      }
    })
  }
})
