import { expect } from 'chai'
import { type ErrorCode, openAcl, Session, ZooKeeper, ZooKeeperError } from '../src/index.ts'
import { Cable } from './support/cable.ts'
import { clientMethods } from './support/operations.ts'
import { failureOf } from './support/targets.ts'

type Method = (...args: unknown[]) => unknown

/** A method as plain JavaScript may call it. */
interface Call {
  /** The arguments before the options. */
  args: readonly unknown[]
  /** Valid options; undefined if the method takes none. */
  options?: object
  /** The operation that errors name, if it is not the method. */
  operation?: string
}

const ignore = (): void => {}

const SCHEMA = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } }

/** The call of an operation that has no other one below: it takes a path and the options of every request. */
const SIMPLE: Call = { args: ['/a'], options: { timeout: 5 } }

const CALLS: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(
    clientMethods.flatMap(({ method }) => (method in ZooKeeper.prototype ? [[method, SIMPLE]] : [])),
  ),
  create: { args: ['/a', 'x'], options: { mode: 'ephemeral', acl: openAcl } },
  createWithStat: { args: ['/a', 'x'], options: { mode: 'ttl', ttl: 5 } },
  delete: { args: ['/a'], options: { version: 3 } },
  exists: { args: ['/a'], options: { watch: ignore } },
  getData: { args: ['/a'], options: { timeout: 5 } },
  setData: { args: ['/a', 'x'], options: { version: 3, retry: 1 } },
  getJson: { args: ['/a'], options: { watch: ignore } },
  setJson: { args: ['/a', 5], options: { version: 3 } },
  typed: { args: ['/a', SCHEMA] },
  getChildren: { args: ['/a'], options: { watch: ignore } },
  setAcl: { args: ['/a', openAcl], options: { version: 3 } },
  multi: { args: [[]], options: { timeout: 5 } },
  multiRead: { args: [[]], options: { timeout: 5 } },
  getMany: { args: [['/a']], options: { stat: false, concurrency: 8, snapshot: false } },
  firstMissing: { args: ['/a'], options: { timeout: 5 } },
  existsMany: { args: [['/a']], options: { timeout: 5 } },
  getChildrenData: { args: ['/a'], options: { data: true } },
  streamMany: { args: [['/a']], options: { retry: 1 } },
  whoAmI: { args: [], options: { timeout: 5 } },
  getConfig: { args: [], options: { watch: ignore } },
  reconfig: { args: [{ leaving: [3] }], options: { fromConfig: 3n } },
  addAuth: { args: ['digest', 'a:b'] },
  removeAuth: { args: ['digest', 'a:b'] },
  removeWatches: { args: ['/a', 'any'], options: { local: true } },
  updateServers: { args: ['127.0.0.1:1'] },
  watch: { args: ['/a'], options: { recursive: true } },
  ensurePath: { args: ['/a'], options: { mode: 'container' } },
  walk: { args: ['/a'], options: { order: 'post' } },
  removeTree: { args: ['/a'], options: { concurrency: 8 } },
  copyTree: { args: ['/a', '/b'], options: { acl: openAcl } },
  close: { args: [], options: { keepSession: false } },
  on: { args: ['state', ignore] },
  off: { args: ['state', ignore] },
}

/** Methods that take no arguments. */
const WITHOUT_ARGUMENTS = ['transaction', 'ready', 'health']

/** Returns the error of a call, whether it throws, rejects, or fails at the first `next` of its iteration. */
async function errorOf(zk: ZooKeeper, name: string, args: readonly unknown[]): Promise<ZooKeeperError> {
  try {
    const result = (zk[name as keyof ZooKeeper] as Method).apply(zk, [...args]) as AsyncIterator<unknown>
    return await failureOf(typeof result?.next === 'function' ? result.next() : (result as never))
  } catch (error) {
    expect(error).to.be.instanceOf(ZooKeeperError)
    return error as ZooKeeperError
  }
}

/** Makes a client that has no connection, so that nothing is sent. */
function unconnected(): ZooKeeper {
  const cable = new Cable()
  cable.pull()
  const session = new Session({ servers: [{ host: '127.0.0.1', port: 1 }], environment: cable.environment })
  return new ZooKeeper(session, { now: () => 0 })
}

describe('Every method of a client, called from plain JavaScript', () => {
  let zk: ZooKeeper
  beforeEach(() => {
    zk = unconnected()
  })
  afterEach(() => zk.close())

  /** Expects BAD_ARGUMENTS before anything is sent, which names the operation, the path and the reason. */
  async function expectRefusal(name: string, args: readonly unknown[], reason: RegExp): Promise<void> {
    const { operation = name, args: valid } = CALLS[name]!
    const error = await errorOf(zk, name, args)
    const code: ErrorCode = 'BAD_ARGUMENTS'
    expect(error, `${name}: ${error.message}`).to.include({ code, outcome: 'not-sent', operation })
    expect(error.message, name).to.match(reason)
    if (typeof valid[0] === 'string' && valid[0].startsWith('/')) {
      expect(error.path, name)
        .to.be.a('string')
        .that.satisfies((path: string) => valid.includes(path))
    }
  }

  it('is listed here', () => {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(ZooKeeper.prototype))
      .filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor')
      .map(([name]) => name)
    expect(methods.sort()).to.deep.equal([...Object.keys(CALLS), ...WITHOUT_ARGUMENTS].sort())
  })

  for (const name of WITHOUT_ARGUMENTS) {
    it(`${name} refuses an argument`, async () => {
      const error = await errorOf(zk, name, [ignore])
      expect(error, name).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent', operation: name })
    })
  }

  it('takes inherited options, and an object without a class', async () => {
    for (const options of [
      Object.create({ version: 99.5 }),
      new (class Versioned {
        version = 99.5
      })(),
    ]) {
      await expectRefusal('delete', ['/a', options], /option version must be a 32-bit integer/)
    }
    await expectRefusal('delete', ['/a', Object.create({ verison: 1 })], /options must be an object/)
    const bare = Object.assign(Object.create(null), { signal: AbortSignal.abort() })
    expect((await failureOf(zk.delete('/a', bare))).code).to.equal('ABORTED')
  })

  for (const [name, { args, options }] of Object.entries(CALLS)) {
    if (options !== undefined) {
      it(`${name} refuses an option that does not exist`, async () => {
        await expectRefusal(name, [...args, { verison: 99 }], /no option "verison"/)
        await expectRefusal(name, [...args, { ...options, toString: 1 }], /no option "toString"/)
      })

      it(`${name} refuses options that are no object`, async () => {
        for (const [value, shown] of [
          [null, 'null'],
          [99, '99'],
          ['ephemeral', '"ephemeral"'],
          [true, 'true'],
          [ignore, 'a function'],
          [[], 'an array'],
          [Promise.resolve({ version: 3 }), 'a Promise'],
          [new Map([['version', 3]]), 'a Map'],
          [new AbortController().signal, 'an AbortSignal'],
          [new (class Other {})(), 'an object'],
        ]) {
          await expectRefusal(name, [...args, value], new RegExp(`options must be an object .*not ${shown}$`))
        }
      })

      it(`${name} refuses an option of the wrong kind`, async () => {
        for (const option of Object.keys(options)) {
          const wrong = Symbol('wrong')
          await expectRefusal(
            name,
            [...args, { ...options, [option]: wrong }],
            new RegExp(`option ${option} `),
          )
          await expectRefusal(
            name,
            [...args, { ...options, [option]: null }],
            new RegExp(`option ${option} `),
          )
        }
      })
    }

    it(`${name} refuses more arguments than it takes`, async () => {
      const most = options === undefined ? args : [...args, options]
      await expectRefusal(name, [...most, ignore], /too many arguments/)
    })

    for (const [index, valid] of args.entries()) {
      it(`${name} refuses an argument ${index + 1} of the wrong kind`, async () => {
        const wrongs =
          Array.isArray(valid) || typeof valid === 'function' ? [null, 5] : [null, 5, Symbol('wrong')]
        for (const wrong of wrongs) {
          // Data may be null, and so may not much else.
          if (valid === 'x' && wrong === null) continue
          if (name === 'setJson' && index === 1 && typeof wrong !== 'symbol') continue
          const error = await errorOf(zk, name, [...args.slice(0, index), wrong, ...args.slice(index + 1)])
          expect(error.code, `${name} ${String(wrong)}: ${error.message}`).to.equal('BAD_ARGUMENTS')
          // A credential is never shown, nor what stands in the place of its scheme: the two may be swapped.
          if (!name.endsWith('Auth')) expect(error.message).to.include(String(wrong))
        }
      })
    }
  }
})

describe('A call of plain JavaScript that would do harm', () => {
  let zk: ZooKeeper
  beforeEach(() => {
    zk = unconnected()
  })
  afterEach(() => zk.close())

  async function expectMessage(call: Promise<unknown>, message: string): Promise<void> {
    expect((await failureOf(call)).message).to.equal(`BAD_ARGUMENTS ${message}`)
  }

  it('is told with the operation, the path and the option', async () => {
    await expectMessage(
      zk.delete('/a', 99 as never),
      '(delete /a): the options must be an object such as { version: 3 }, not 99',
    )
    await expectMessage(
      zk.setData('/a', 'x', { verison: 99 } as never),
      '(setData /a): there is no option "verison"; the options are version, signal, timeout, retry',
    )
    await expectMessage(
      zk.create('/a', null, 'ephemeral' as never),
      '(create /a): the options must be an object such as { mode: \'ephemeral\' }, not "ephemeral"',
    )
    await expectMessage(
      zk.create('/a', { an: 'object' } as never),
      '(create /a): the data must be text, bytes or null, not an object',
    )
    await expectMessage(
      zk.getData('/a/\u{1f600}'),
      '(getData /a/\u{1f600}): invalid path: the character U+1F600 at index 3 is not allowed',
    )
    await expectMessage(
      zk.multi([{ type: 'check', path: '/a' } as never]),
      '(multi /a): operation 1 of 1 (check): the field version is required; -1 accepts any',
    )
  })

  it('is refused where it would give everybody, or nobody, all permissions', async () => {
    const lists: [acl: unknown, reason: RegExp][] = [
      [null, /acl must be a list of entries/],
      ['world:anyone:r', /acl must be a list of entries/],
      [openAcl[0], /acl must be a list of entries/],
      [[{ perms: 'cdrwa', id: { scheme: 'world', id: 'anyone' } }], /index 0: perms must be bits .*"cdrwa"/],
      [[openAcl[0], { perms: 32, id: { scheme: 'world', id: 'anyone' } }], /index 1: perms must be .*not 32/],
      [[{ perms: 31, id: 'world:anyone' }], /id must be \{ scheme, id \}/],
      [[{ perms: 31, id: { scheme: 'auth', id: null } }], /id must be \{ scheme, id \}/],
      [[null], /index 0/],
    ]
    for (const [acl, reason] of lists) {
      const options = { acl } as never
      for (const call of [
        zk.create('/a', 'x', options),
        zk.createWithStat('/a', 'x', options),
        zk.ensurePath('/a', options),
        zk.copyTree('/a', '/b', options),
        zk.transaction().create('/a', 'x', options).commit(),
      ]) {
        const error = await failureOf(call)
        expect(error.code).to.equal('BAD_ARGUMENTS')
        expect(error.message).to.match(reason)
      }
      const error = await failureOf(zk.setAcl('/a', acl as never))
      expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'setAcl', path: '/a' })
    }
  })

  it('is refused in a transaction, when it is committed', async () => {
    const fresh = () =>
      zk.transaction() as unknown as Record<
        string,
        (...args: unknown[]) => { commit(...args: unknown[]): Promise<unknown> }
      >
    const wrong: [call: () => Promise<unknown>, reason: RegExp][] = [
      [() => fresh().check!('/a').commit(), /operation 1 of 1 \(check\): the field version is required/],
      [() => fresh().check!('/a', '3').commit(), /field version must be a 32-bit integer, not "3"/],
      [() => fresh().check!('/a', 3, 4).commit(), /operation 1 \(check\): too many arguments/],
      [
        () => fresh().delete!('/a', 99).commit(),
        /operation 1 \(delete\): the options must be an object .* 99/,
      ],
      [() => fresh().delete!('/a', { verison: 99 }).commit(), /\(delete\): there is no option "verison"/],
      [() => fresh().delete!('/a', { path: '/b' }).commit(), /\(delete\): there is no option "path"/],
      [() => fresh().setData!('/a', 'x', { data: 'y' }).commit(), /\(setData\): there is no option "data"/],
      [() => fresh().delete!('/a', Promise.resolve({})).commit(), /must be an object .* not a Promise/],
      [
        () => fresh().delete!('/a', Object.create({ version: '3' })).commit(),
        /option version must be a 32-bit integer/,
      ],
      [() => fresh().setData!('/a', 'x', 99).commit(), /\(setData\): the options must be an object/],
      [
        () => fresh().setData!('/a', 'x', null).commit(),
        /\(setData\): the options must be an object .* null/,
      ],
      [
        () => fresh().setData!('/a').commit(),
        /\(setData\): the data must be text, bytes or null, not undefined/,
      ],
      [() => fresh().create!('/a', 'x', 'ephemeral').commit(), /\(create\): the options must be an object/],
      [() => fresh().create!('/a', 'x', { version: 3 }).commit(), /\(create\): there is no option "version"/],
      [() => fresh().createWithStat!('/a', 'x', {}, ignore).commit(), /too many arguments/],
      [() => fresh().create!('/a', 'x').commit({ verison: 1 }), /no option "verison"/],
      [() => fresh().create!('/a', 'x').commit({}, ignore), /too many arguments/],
    ]
    for (const [call, reason] of wrong) {
      const error = await failureOf(call())
      expect(error, call.toString()).to.include({
        code: 'BAD_ARGUMENTS',
        outcome: 'not-sent',
        operation: 'multi',
      })
      expect(error.message).to.match(reason)
    }
  })

  it('is refused in a list of operations, with the place in the list', async () => {
    const lists: [operations: unknown, reason: RegExp][] = [
      [
        [
          { type: 'create', path: '/a' },
          { type: 'delete', path: '/b', verison: 1 },
        ],
        /operation 2 of 2 \(delete\): there is no field "verison"/,
      ],
      [[{ type: 'create', path: '/a', mode: 'ephemral' }], /field mode must be/],
      [[{ type: 'toString', path: '/a' }], /no operation "toString"/],
      [[null], /operation 1 of 1: a multi has no operation undefined/],
      [[['create', '/a']], /a multi has no operation undefined/],
      [[{ type: 'setData', path: '/a', data: 7 }], /\(setData\): the data must be text/],
      [[{ type: 'setData', path: '/a/', data: '' }], /\(setData\): invalid path: it ends with/],
    ]
    for (const [operations, reason] of lists) {
      const error = await failureOf(zk.multi(operations as never))
      expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'multi' })
      expect(error.message).to.match(reason)
    }
    for (const reads of [[{ type: 'getData', path: '/a', watch: ignore }], [null], ['/a']]) {
      const error = await failureOf(zk.multiRead(reads as never))
      expect(error).to.include({ code: 'BAD_ARGUMENTS', operation: 'multiRead' })
      expect(error.message).to.match(/operation 1 of 1/)
    }
  })
})
