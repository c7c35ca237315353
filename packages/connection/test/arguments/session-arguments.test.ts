import { op } from '@zookit/jute'
import { expect } from 'chai'
import { Session, type SessionOptions, ZooKeeperError } from '../../src/index.ts'

const SERVERS = [{ host: '127.0.0.1', port: 1 }]
const other = Symbol('other')

/** Values that each option refuses, beside those that every option refuses. */
const WRONG: { readonly [Name in keyof Required<SessionOptions>]: readonly unknown[] } = {
  servers: [
    undefined,
    [],
    SERVERS[0],
    [null],
    [{ host: 'a' }],
    [{ host: '', port: 1 }],
    [{ host: 'a', port: 0 }],
  ],
  srv: ['', 5],
  sessionTimeout: [0, 1.5, '5'],
  session: [{ id: 5, password: Buffer.alloc(16) }, { id: 5n, password: 'x' }, { id: 5n }],
  readOnly: [0, 'false'],
  renew: [0, 'false'],
  tls: [true, []],
  sasl: [true, {}, { mechanism: 'DIGEST-MD5', username: 'joe' }],
  allowInsecureAuth: [1],
  whenDisconnected: ['wait ', true],
  maxInFlight: [0, -1, Number.NaN],
  maxQueuedBytes: [0, '5'],
  whenFull: ['drop'],
  maxRequestSize: [0],
  maxResponseSize: [0],
  backoff: [5, {}, { initial: 0, max: 5 }, { initial: 5, max: 1 }],
  zxidGrace: [-1],
  shuffle: [1],
  callSites: [1],
  closeTimeout: [0],
  environment: [{}, { now: () => 0 }],
}

/** The options that null turns off. */
const NULLABLE: readonly string[] = ['srv', 'tls', 'sasl']

function refusalOf(run: () => unknown): ZooKeeperError {
  let session: unknown
  try {
    session = run()
  } catch (error) {
    expect(error).to.be.instanceOf(ZooKeeperError)
    expect(error).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
    return error as ZooKeeperError
  }
  if (session instanceof Session) void session.close()
  throw new Error('it was not refused')
}

describe('A session that is made in plain JavaScript', () => {
  for (const [name, values] of Object.entries(WRONG)) {
    it(`refuses a wrong ${name}`, () => {
      for (const value of [...values, other, ...(NULLABLE.includes(name) ? [] : [null])]) {
        const options = { servers: SERVERS, [name]: value } as unknown as SessionOptions
        expect(refusalOf(() => new Session(options)).message, String(value)).to.match(
          new RegExp(`^BAD_ARGUMENTS \\(Session\\): the option ${name} must`),
        )
      }
    })
  }

  it('refuses an option that does not exist, and anything but an object of options', () => {
    const make = (...args: unknown[]) =>
      refusalOf(() => new (Session as unknown as new (...given: unknown[]) => unknown)(...args)).message
    expect(make({ servers: SERVERS, sesionTimeout: 5 })).to.include('there is no option "sesionTimeout"')
    for (const value of [undefined, null, '127.0.0.1:2181', SERVERS, new Map()])
      expect(make(value), String(value)).to.include('the options must be an object')
  })

  it('takes an SRV record without servers', async () => {
    const session = new Session({ servers: [], srv: '_zookeeper._tcp.example.invalid' })
    await session.close()
  })
})

describe('A session', () => {
  it('refuses arguments of the wrong kind in every method', async () => {
    const session = new Session({ servers: SERVERS })
    const plain = session as unknown as Record<string, (...args: unknown[]) => unknown>
    try {
      for (const servers of [undefined, [], 'a:1', [null], [{ host: 'a', port: '1' }]])
        expect(refusalOf(() => plain.updateServers!(servers)).operation).to.equal('updateServers')
      for (const credential of [
        [5, 'x'],
        ['', 'x'],
        ['digest', 5],
        ['digest', '\ud800'],
        ['\ud800', 'x'],
        ['user:hunter2', 'digest'],
        [async () => 'hunter2', 'digest'],
      ]) {
        expect(refusalOf(() => plain.removeAuth!(...credential)).operation).to.equal('removeAuth')
        const error = await (plain.addAuth!(...credential) as Promise<void>).catch(
          (reason: unknown) => reason,
        )
        expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'addAuth', outcome: 'not-sent' })
        expect(String(error)).to.not.contain('hunter2')
      }
      for (const options of [null, 5, { keepSesion: true }, { keepSession: 1 }]) {
        const error = await (plain.close!(options) as Promise<void>).catch((reason: unknown) => reason)
        expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'close', outcome: 'not-sent' })
      }
      expect(session.state).to.equal('connecting')
    } finally {
      await session.close()
    }
  })

  it('refuses more arguments than it takes, in its constructor and in every method', async () => {
    const make = Session as unknown as new (...args: unknown[]) => Session
    const tooMany = /too many arguments: it takes/
    expect(refusalOf(() => new make({ servers: SERVERS }, 'surplus')).message).to.match(tooMany)
    const session = new Session({ servers: SERVERS })
    const plain = session as unknown as Record<string, (...args: unknown[]) => unknown>
    const body = { path: '/a', watch: false }
    try {
      for (const [name, args] of Object.entries({
        addAuth: ['digest', 'a:b'],
        removeAuth: ['digest', 'a:b'],
        updateServers: [SERVERS],
        request: [op.getData, body, {}],
        ready: [],
        health: [],
        close: [{}],
        on: ['state', () => {}],
        off: ['state', () => {}],
      })) {
        const error = await new Promise(resolve => {
          resolve(plain[name]!(...args, 'surplus'))
        }).catch((reason: unknown) => reason)
        expect(error, name).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
        expect(String(error), name).to.match(/too many arguments/)
      }
      expect(session.state).to.equal('connecting')
    } finally {
      await session.close()
    }
  })

  it('refuses a field that the record of an operation does not have, also in a record within it', async () => {
    const session = new Session({ servers: SERVERS })
    const id = { scheme: 'world', id: 'anyone' }
    const create = { path: '/a', data: null, acl: [{ perms: 31, id }], flags: 0 }
    const calls: [operation: unknown, body: object, reason: RegExp][] = [
      [op.delete, { path: '/a', version: 3, versoin: 77 }, /"versoin"; the fields are path, version/],
      [op.delete, { path: '/a', versoin: 77 }, /the field version must be a 32-bit integer, not undefined/],
      [op.setData, { path: '/a', data: null, version: 3, acl: [] }, /there is no field "acl"/],
      [op.create, { ...create, acl: null, ttl: 5 }, /no field "ttl"; the fields are path, data, acl, flags/],
      [op.create, { ...create, acl: [{ perms: 31, id, prems: 1 }] }, /there is no field "acl.prems"/],
      [op.create, { ...create, acl: [{ perms: 31, id: { ...id, user: 'a' } }] }, /no field "acl.id.user"/],
      [op.whoAmI, { path: '/a' }, /there is no field "path"; it has none/],
    ]
    try {
      for (const [operation, body, reason] of calls) {
        const error = await session.request(operation as never, body as never).then(
          () => null,
          (thrown: unknown) => thrown as ZooKeeperError,
        )
        expect(error, String(reason)).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
        expect(error?.message).to.match(reason)
      }
      expect(session.queuedBytes).to.equal(0)
      const inherited = Object.create({ comment: 'of a class' }) as { path: string; version: number }
      void session.request(op.delete, Object.assign(inherited, { path: '/a', version: 3 })).catch(() => {})
      expect(session.queuedBytes).to.be.above(0)
    } finally {
      await session.close()
    }
  })

  it('refuses watches on an invalid path, of an unknown kind, and without a watcher', async () => {
    const session = new Session({ servers: SERVERS })
    const { watches } = session
    const watcher = (): void => {}
    const calls: [call: () => Promise<unknown>, reason: RegExp][] = [
      [() => watches.add(5 as never, 0, { watcher }), /\(addWatch\): the path must be text, not 5/],
      [() => watches.add('/a', 7, { watcher }), /must be a row of op, or a mode of addWatch, not 7/],
      [() => watches.add('/a', 0, {} as never), /\(addWatch \/a\): the option watcher must be a function/],
      [() => watches.add('/a', 1, undefined as never), /the option watcher must be a function/],
      [() => watches.read(op.getData, null as never, { watcher }), /\(getData\): the path must be text/],
      [() => watches.read(op.getData, '/a', null as never), /\(getData \/a\): the option watcher/],
      [() => watches.read('getData' as never, '/a', { watcher }), /must be a row of op/],
      [() => watches.remove(5 as never, 'any'), /\(removeWatches\): the path must be text/],
      [() => watches.remove('/a', 'every' as never), /\(removeWatches \/a\): the kind must be "data" or /],
      [() => watches.remove('/a', 'any', null as never), /the options must be an object/],
      [() => watches.remove('/a', 'any', { locel: true } as never), /there is no option "locel"/],
    ]
    try {
      for (const [call, reason] of calls) {
        const error = await call().catch((thrown: unknown) => thrown)
        expect(error).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
        expect((error as Error).message).to.match(reason)
      }
      expect(session.queuedBytes).to.equal(0)
    } finally {
      await session.close()
    }
  })
})
