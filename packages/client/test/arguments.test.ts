import { expect } from 'chai'
import { type ConnectOptions, connect, logTo, Session, ZooKeeper } from '../src/index.ts'
import { Cable } from './support/cable.ts'
import { failureOf } from './support/targets.ts'

const SERVERS = [{ host: '127.0.0.1', port: 1 }]

/** Returns a client that can never connect: a refusal here comes before anything is sent. */
function offline(): { zk: ZooKeeper; close: () => Promise<void> } {
  const cable = new Cable()
  cable.pull()
  const session = new Session({ servers: SERVERS, environment: cable.environment })
  const zk = new ZooKeeper(session, { now: () => 0 })
  return { zk, close: () => zk.close() }
}

async function refusal(to: unknown, options?: unknown): Promise<string> {
  const error = await failureOf(connect(to as string, options as ConnectOptions))
  expect(error).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
  return error.message
}

describe('The options of connect', () => {
  it('are refused with their name and their valid values', async () => {
    const wrong: [options: object, reason: RegExp][] = [
      [{ sessionTimeout: 0 }, /option sessionTimeout must be a whole number from 1 to 2\^31-1/],
      [{ sessionTimeout: 2 ** 31 }, /option sessionTimeout/],
      [{ sessionTimeout: '10s' }, /option sessionTimeout/],
      [{ sessionTimeout: 1.5 }, /option sessionTimeout/],
      [
        { session: { id: 1, password: Buffer.alloc(16) } },
        /option session must be \{ id, password, timeout \}/,
      ],
      [{ session: { id: 1n, password: 'x' } }, /option session must/],
      [{ session: { id: 1n, password: Buffer.alloc(16), timeout: 0 } }, /option session must/],
      [{ readOnly: 1 }, /option readOnly must be true or false/],
      [{ renew: 'no' }, /option renew/],
      [{ tls: true }, /option tls must be Node's TLS options/],
      [{ allowInsecureAuth: 'yes' }, /option allowInsecureAuth/],
      [{ whenDisconnected: 'fail' }, /option whenDisconnected must be "wait" or "reject"/],
      [{ maxInFlight: 0 }, /option maxInFlight/],
      [{ maxQueuedBytes: Number.NaN }, /option maxQueuedBytes/],
      [{ whenFull: 'drop' }, /option whenFull/],
      [{ maxRequestSize: -1 }, /option maxRequestSize/],
      [{ maxResponseSize: 2 ** 40 }, /option maxResponseSize/],
      [{ backoff: { initial: 10 } }, /option backoff must be \{ initial, max \}/],
      [{ backoff: { initial: 10, max: 5 } }, /option backoff/],
      [{ zxidGrace: -1 }, /option zxidGrace/],
      [{ shuffle: null }, /option shuffle/],
      [{ closeTimeout: 0 }, /option closeTimeout/],
      [{ environment: {} }, /option environment/],
      [{ connectTimeout: 0 }, /option connectTimeout/],
      [{ signal: {} }, /option signal must be an AbortSignal/],
      [{ auth: { scheme: 'digest', auth: 'a:b' } }, /option auth must be a list/],
      [{ auth: [{ scheme: 'digest' }] }, /option auth/],
      [{ auth: [{ auth: 'a:b' }] }, /option auth/],
      [{ sasl: 'DIGEST-MD5' }, /option sasl must be \{ mechanism, ... \}/],
      [{ sasl: {} }, /option sasl must have a mechanism: "DIGEST-MD5", "GSSAPI" or an object/],
      [{ sasl: { mechanism: 'PLAIN' } }, /option sasl must have a mechanism/],
      [{ sasl: { mechanism: { name: 'X' } } }, /option sasl must have a mechanism/],
      [{ sasl: { mechanism: 'DIGEST-MD5', password: 'x' } }, /option sasl must have a username/],
      [{ sasl: { mechanism: 'DIGEST-MD5', username: 'x' } }, /option sasl must have a password/],
      [{ sasl: { mechanism: 'DIGEST-MD5', username: 'x', password: 'y\ud800' } }, /must have a password/],
      [{ sasl: { mechanism: 'DIGEST-MD5', username: 'x\ud800', password: 'y' } }, /must have a username/],
      [
        { sasl: { mechanism: 'DIGEST-MD5', username: 'x', password: 'y', realm: 'z' } },
        /must have no "realm"/,
      ],
      [
        { sasl: { mechanism: 'GSSAPI', princpal: 'x' } },
        /must have no "princpal": it takes mechanism, service/,
      ],
      [{ tls: Promise.resolve({}) }, /option tls must be Node's TLS options/],
      [{ sasl: { mechanism: 'GSSAPI', service: 7 } }, /option sasl must have a service/],
      [{ sasl: { mechanism: 'GSSAPI', principal: '' } }, /option sasl must have a principal/],
      [{ sasl: { mechanism: 'GSSAPI', hostname: 7 } }, /option sasl must have a hostname/],
      [{ requestTimeout: 0 }, /option requestTimeout/],
      [{ retryReads: -1 }, /option retryReads/],
      [{ retries: 3 }, /no option "retries"/],
      [{ toString: 1 }, /no option "toString"/],
    ]
    for (const [options, reason] of wrong) {
      expect(await refusal('127.0.0.1', options), JSON.stringify(Object.keys(options))).to.match(reason)
    }
    expect(await refusal('127.0.0.1', null)).to.match(/options must be an object such as .*, not null/)
    expect(await refusal('127.0.0.1', [])).to.match(/options must be an object such as .*, not an array/)
  })

  it('are the last argument, as in the constructor of a client and in logTo', async () => {
    const { zk, close } = offline()
    const tooMany = /too many arguments: it takes/
    const surplus = connect as unknown as (...args: unknown[]) => Promise<ZooKeeper>
    const error = await failureOf(surplus('127.0.0.1', {}, () => {}))
    expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'connect' })
    expect(error.message).to.match(tooMany)
    const make = ZooKeeper as unknown as new (...args: unknown[]) => ZooKeeper
    const log = logTo as unknown as (...args: unknown[]) => unknown
    const session = new Session({ servers: SERVERS })
    const now = (): number => 0
    try {
      for (const [call, reason] of [
        [() => new make(session, { now }, 'surplus'), tooMany],
        [() => new make({}, { now }), /\(ZooKeeper\): the session must be a Session, not an object/],
        [() => new make(session), /\(ZooKeeper\): the options must be an object/],
        [() => new make(session, { now, nwo: 1 }), /\(ZooKeeper\): there is no option "nwo"/],
        [() => log(zk, console, {}, 'surplus'), /\(logTo\): too many arguments: it takes 3/],
      ] as const) {
        expect(call).to.throw(reason).that.includes({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
      }
    } finally {
      await session.close()
      await close()
    }
  })

  it('do not show a password when they are refused', async () => {
    expect(await refusal('127.0.0.1', { auth: [{ scheme: 7, auth: 'user:hunter2' }] })).not.to.include(
      'hunter2',
    )
    expect(await refusal('127.0.0.1', { session: { id: 'hunter2', password: 'hunter2' } })).not.to.include(
      'hunter2',
    )
  })

  it('C2 follow a connect string or a list of servers, both checked strictly', async () => {
    const wrong: [to: unknown, reason: RegExp][] = [
      ['', /empty/],
      ['host:0', /port/],
      ['host/../etc', /relative name/],
      ['host//app', /empty name/],
      ['host/app/', /must not end in/],
      ['host/a\u0000', /control character/],
      ['http://host', /scheme/],
      [undefined, /a connect string or \{ servers \}, not undefined/],
      [{}, /either servers or srv/],
      [{ servers: SERVERS, srv: 'zk.example.com' }, /either servers or srv/],
      [{ servers: [] }, /at least one/],
      [{ servers: ['host:2181'] }, /a server is \{ host, port \}, not "host:2181"/],
      [{ servers: [{ host: 'host' }] }, /a server is \{ host, port \}/],
      [{ servers: [{ host: 'host', port: 65536 }] }, /port/],
      [{ servers: [{ host: 'a,b', port: 1 }] }, /no such server/],
      [{ servers: [{ host: 'a/b', port: 1 }] }, /no such server/],
      [{ servers: [{ host: '', port: 1 }] }, /empty host/],
      [{ servers: SERVERS, chroot: 'app' }, /does not start with/],
      [{ servers: SERVERS, chroot: '/app/' }, /ends with/],
      [{ servers: SERVERS, chroot: '/a/../b' }, /relative name/],
      [{ servers: SERVERS, root: '/app' }, /no field "root"/],
      [{ srv: '127.0.0.1' }, /SRV/],
    ]
    for (const [to, reason] of wrong) {
      expect(await refusal(to), JSON.stringify(to)).to.match(reason)
    }
  })
})

describe('An invalid argument', () => {
  let zk: ZooKeeper
  let close: () => Promise<void>
  beforeEach(() => {
    ;({ zk, close } = offline())
  })
  afterEach(() => close())

  it('rejects, never throws, and is named with the reason', async () => {
    const bad = 'no/slash'
    const wrong: [call: () => Promise<unknown>, reason: RegExp][] = [
      [() => zk.create(bad), /start with/],
      [() => zk.createWithStat(bad), /start with/],
      [() => zk.delete(bad), /start with/],
      [() => zk.exists(bad), /start with/],
      [() => zk.getData('/a/'), /ends with/],
      [() => zk.getData(undefined as never), /not a string/],
      [() => zk.setData(bad, ''), /start with/],
      [() => zk.getChildren(bad), /start with/],
      [() => zk.getAcl(bad), /start with/],
      [() => zk.setAcl(bad, []), /start with/],
      [() => zk.sync(bad), /start with/],
      [() => zk.getAllChildrenNumber(bad), /start with/],
      [() => zk.getEphemerals(bad), /start with/],
      [() => zk.removeWatches(bad), /start with/],
      [() => zk.ensurePath(bad), /start with/],
      [() => zk.removeTree('/'), /delete everything/],
      [() => zk.copyTree('/a', '/a/b'), /into itself/],
      [() => zk.copyTree('/', '/b'), /into itself/],
      [() => zk.copyTree('/a', '/a'), /into itself/],
      [() => zk.copyTree('/a', '/'), /there already/],
      [() => zk.removeTree('/a', { concurrency: 0 }), /concurrency/],
      [
        () => zk.walk('/a', { order: 'breadth' as 'pre' }).next(),
        /option order must be "pre" or "post", not "breadth"/,
      ],
      [() => zk.watch(bad).next(), /start with/],
      [() => zk.watch(bad).ready, /start with/],
      [() => zk.watch('/a', { buffer: 0 }).next(), /buffer/],
      [() => zk.watch('/a', { recursive: 1 as never }).next(), /recursive/],
      [() => zk.watch('/a', { signal: {} as AbortSignal }).ready, /signal/],
      [() => zk.multi([{ type: 'create', path: bad }]), /start with/],
      [() => zk.multi([{ type: 'touch' as 'delete', path: '/a' }]), /no operation "touch"/],
      [() => zk.multi(undefined as never), /operations must be a list, not undefined/],
      [() => zk.multiRead([{ type: 'getData', path: bad }]), /start with/],
      [() => zk.multiRead([{ type: 'exists' as 'getData', path: '/a' }]), /no operation "exists"/],
      [() => zk.transaction().check(bad, 1).commit(), /start with/],
      [() => zk.setData('/a', 7 as never), /data must be text, bytes or null, not 7/],
      [() => zk.setData('/a', '\ud800'), /lone surrogate/],
      [() => zk.setData('/a', '', { version: 1.5 }), /option version must be a 32-bit integer, not 1.5/],
      [() => zk.delete('/a', { version: Number.NaN }), /version/],
      [() => zk.delete('/a', { version: 2 ** 31 }), /version/],
      [
        () => zk.create('/a', null, { mode: 'forever' as 'persistent' }),
        /option mode must be "persistent" or .*, not "forever"/,
      ],
      [
        () => zk.create('/a', null, { mode: 'toString' as 'persistent' }),
        /option mode must be .*, not "toString"/,
      ],
      [
        () => zk.create('/a', null, { mode: 'ttl', ttl: 0 }),
        /option ttl must be a whole number of milliseconds/,
      ],
      [() => zk.create('/a', null, { mode: 'ttl', ttl: 2 ** 40 }), /ttl/],
      [() => zk.create('/a', null, { mode: 'ttl' } as never), /mode ttl needs the option ttl/],
      [() => zk.create('/a', null, { ttl: 5 } as never), /persistent takes no ttl/],
      [() => zk.getData('/a', { watch: true as never }), /option watch must be a function, not true/],
      [
        () => zk.getData('/a', { timeout: 0 }),
        /option timeout must be a number of milliseconds above 0, not 0/,
      ],
      [() => zk.getData('/a', { timeout: '5s' as never }), /timeout/],
      [() => zk.getData('/a', { retry: -1 }), /option retry must be a whole number/],
      [() => zk.getData('/a', { signal: 'x' as never }), /option signal must be an AbortSignal, not "x"/],
      [
        () => zk.addAuth('digest', 5 as never),
        /auth must be text without a lone surrogate, bytes or a function$/,
      ],
      [() => zk.reconfig({} as never), /either joining and leaving, or members/],
      [() => zk.reconfig({ joining: [], members: [] } as never), /either joining and leaving, or members/],
      [() => zk.reconfig({ leaving: 3 } as never), /field leaving must be a list of ids, not 3/],
      [
        () => zk.reconfig({ leaving: [3] }, { fromConfig: 5 as never }),
        /option fromConfig must be a bigint, not 5/,
      ],
      [
        () => zk.ensurePath('/a', { mode: 'ephemeral' as 'container' }),
        /option mode must be "persistent" or "container", not "ephemeral"/,
      ],
    ]
    for (const [call, reason] of wrong) {
      const error = await failureOf(call())
      expect(error, call.toString()).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent' })
      expect(error.message, call.toString()).to.match(reason)
    }
  })

  it('of updateServers is thrown', () => {
    expect(() => zk.updateServers('a:1,b:2')).not.to.throw()
    expect(() => zk.updateServers([{ host: 'a', port: 1 }])).not.to.throw()
    expect(() => zk.updateServers('')).to.throw(/empty/)
    expect(() => zk.updateServers([])).to.throw(/at least one/)
    expect(() => zk.updateServers('a:1/app')).to.throw(/chroot stays "", it cannot become "\/app"/)
    expect(() => zk.updateServers('dns-srv://zk.example.com')).to.throw(/SRV/)
  })
})
