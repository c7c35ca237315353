import { type AnyOperation, op, Writer, writeRequestHeader } from '@zookit/jute'
import { findTargets } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { type ServerVersion, TestServer } from '../../src/index.ts'
import { addDigest, create, OPEN } from '../support/helpers.ts'
import { type Address, RawClient } from '../support/raw-client.ts'

/** A writer that accepts null for every string. */
class NullStringWriter extends Writer {
  override ustring(value: string): this {
    return (value as string | null) === null ? this.int(-1) : super.ustring(value)
  }
}

function frameOf(operation: AnyOperation, body: unknown): Buffer {
  const writer = new NullStringWriter()
  writer.int(0)
  writeRequestHeader(writer, { xid: 77, type: operation.code })
  operation.writeRequest(writer, body)
  writer.view.setInt32(0, writer.offset - 4)
  return Buffer.from(writer.written())
}

const acl = (scheme: string | null, id: string | null): unknown => [{ perms: 31, id: { scheme, id } }]
const MINE = acl('auth', null)
const creation = (path: string | null, list: unknown, flags = 0): object => ({
  path,
  data: Buffer.alloc(0),
  acl: list,
  flags,
  ttl: 10_000,
})
const multi = (type: number, request: object): object => ({ operations: [{ type, request }] })

/** Requests with nulls, and the beginning of the answer by 3.8.0: the error number, then the first bytes in hex. */
const CASES: readonly (readonly [string, AnyOperation, unknown, string])[] = [
  ['create, auth', op.create, creation('/a1', MINE), '0 000000032f6131'],
  ['create2, auth', op.create2, creation('/a2', MINE), '0 000000032f6132'],
  ['createContainer, auth', op.createContainer, creation('/a3', MINE, 4), '0 000000032f6133'],
  ['createTTL, auth', op.createTTL, creation('/a4', MINE, 5), '0 000000032f6134'],
  ['setACL, auth', op.setACL, { path: '/open', acl: MINE, version: -1 }, '0 '],
  ['multi, auth', op.multi, multi(1, creation('/a5', MINE)), '0 0000000100000000'],
  ['create, no scheme', op.create, creation('/b1', acl(null, 'x')), '-114 '],
  ['setACL, no scheme', op.setACL, { path: '/b', acl: acl(null, null), version: -1 }, '-114 '],
  ['multi, no scheme', op.multi, multi(1, creation('/b2', acl(null, 'x'))), '0 ffffffff00ffffff8e'],
  ['create, digest', op.create, creation('/b3', acl('digest', null)), '-5 '],
  ['create, world', op.create, creation('/b4', acl('world', null)), '-5 '],
  ['create, ip', op.create, creation('/b5', acl('ip', null)), '-5 '],
  ['create, unknown scheme', op.create, creation('/b6', acl('none', null)), '-114 '],
  ['multi, digest', op.multi, multi(1, creation('/b7', acl('digest', null))), '-5 '],
  ['sync, path', op.sync, { path: null }, '0 ffffffff'],
  ['getData, path', op.getData, { path: null, watch: false }, '-5 '],
  ['exists, path', op.exists, { path: null, watch: false }, '-5 '],
  ['create, path', op.create, creation(null, OPEN), '-5 '],
  ['delete, path', op.delete, { path: null, version: -1 }, '-5 '],
  ['setData, path', op.setData, { path: null, data: null, version: -1 }, '-8 '],
  ['setACL, path', op.setACL, { path: null, acl: OPEN, version: -1 }, '-8 '],
  ['multi, path', op.multi, multi(2, { path: null, version: -1 }), '-5 '],
  ['addWatch, path', op.addWatch, { path: null, mode: 0 }, '0 00000000'],
  ['getEphemerals, path', op.getEphemerals, { prefixPath: null }, '0 00000000'],
  ['removeWatches, path', op.removeWatches, { path: null, type: 3 }, '-121 '],
  ['auth, scheme', op.auth, { type: 0, scheme: null, auth: null }, '-115 '],
]

async function answers(address: Address, cases: typeof CASES): Promise<string[]> {
  const answered: string[] = []
  {
    using client = await RawClient.open(address)
    await create(client, '/open')
  }
  for (const [, operation, body] of cases) {
    using client = await RawClient.open(address)
    await addDigest(client, 'joe:secret')
    client.send(frameOf(operation, body))
    await client.until(() => client.answers.length > 1)
    const { err, bytes } = client.answers[1]!
    answered.push(`${err} ${bytes.toString('hex')}`)
  }
  return answered
}

async function check(address: Address): Promise<void> {
  const actual = await answers(address, CASES)
  const heads = CASES.map(([name, , , head], i) => `${name}: ${actual[i]!.slice(0, head.length)}`)
  expect(heads).to.deep.equal(CASES.map(([name, , , head]) => `${name}: ${head}`))
}

describe('A null in place of a string', () => {
  for (const version of ['3.6', '3.8.0', '3.9'] as const) {
    it(`is answered by the in-memory server of ${version} as by Apache’s`, async () => {
      await using server = await TestServer.start({ version })
      await check(server)
    })
  }

  it('as the scheme of an ACL is refused with another error before 3.5', async () => {
    const cases = CASES.filter(([name]) => name.endsWith('no scheme'))
    const errors = async (version: ServerVersion): Promise<string[]> => {
      await using server = await TestServer.start({ version })
      return (await answers(server, cases)).map(answer => answer.split(' ')[0]!)
    }
    expect(await errors('3.4')).to.deep.equal(['-5', '-5', '-5'])
    expect(await errors('3.5')).to.deep.equal(['-114', '-114', '0'])
  })
})

describe('A SASL id in an ACL', () => {
  it('is refused where Apache’s KerberosName cannot parse it', async () => {
    await using server = await TestServer.start({ sasl: { joe: 'secret' } })
    using client = await RawClient.open(server)
    const errors: Record<string, number> = {}
    for (const id of [
      'joe',
      'joe/host',
      'joe@REALM',
      'joe/host@REALM',
      '',
      'joe@A@B',
      'joe@A/b',
      'a/b/c@R',
    ]) {
      const body = { path: '/sasl', data: null, acl: [{ perms: 31, id: { scheme: 'sasl', id } }], flags: 2 }
      errors[id] = (await client.ask(op.create, body)).err
    }
    expect(errors).to.deep.equal({
      joe: 0,
      'joe/host': 0,
      'joe@REALM': 0,
      'joe/host@REALM': 0,
      '': 0,
      'joe@A@B': -114,
      'joe@A/b': -114,
      'a/b/c@R': -114,
    })
  })
})

// Without a real server there is nothing to compare with. ZOOKIT_REQUIRE=real makes that an error.
for (const target of await findTargets()) {
  describe(`A null in place of a string, with ${target.name}`, function () {
    this.timeout(30_000)

    it('is answered as the table of this file says', async () => {
      await using real = await target.startServer({ containerCheckInterval: 3_600_000 })
      await check({ host: '127.0.0.1', port: real.port })
    })
  })
}
