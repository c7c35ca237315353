import { op } from '@zookit/jute'
import { findTargets } from '@zookit/test-fixtures'
import { isReached } from '@zookit/test-fixtures/release'
import { expect } from 'chai'
import { type ServerVersion, TestServer } from '../../src/index.ts'
import { type Address, RawClient } from '../support/raw-client.ts'
import { finalAnswer, respond } from '../support/sasl-client.ts'

const PROVIDER = 'org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider'
const NOTHING = Buffer.alloc(0)

/** A step of a client: it posts one request, perhaps after others. */
type Step = (client: RawClient) => number | Promise<number>

const addAuth =
  (scheme: string, auth: string | null): Step =>
  client =>
    client.post(op.auth, { type: 0, scheme, auth: auth === null ? null : Buffer.from(auth) })
const ping: Step = client => client.post(op.ping, null)
const exists: Step = client => client.post(op.exists, { path: '/', watch: false })
const token =
  (text: string): Step =>
  client =>
    client.post(op.sasl, { token: Buffer.from(text) })
const sasl =
  (user: string, password: string): Step =>
  async client => {
    const { token: challenge } = await client.call(op.sasl, { token: NOTHING })
    return client.post(op.sasl, { token: respond(challenge!, user, password) })
  }

const STEPS: Readonly<Record<string, readonly Step[]>> = {
  'a right password': [sasl('joe', 'secret'), ping, exists],
  'a wrong password': [sasl('joe', 'wrong'), ping],
  'a wrong password, then a right one': [sasl('joe', 'wrong'), sasl('joe', 'secret')],
  'an invalid token': [token(''), token('nonsense'), ping],
  'a ping at first': [ping, exists],
  'a read at first': [exists, ping],
  'a digest at first': [addAuth('digest', 'a:b'), ping],
  'a scheme that does not exist': [addAuth('none', 'x'), ping],
}
/** The steps that need the `ensemble` scheme. */
const ENSEMBLE_STEPS: typeof STEPS = {
  'the name of the ensemble': [addAuth('ensemble', 'one'), addAuth('ensemble', 'two')],
  'no name of an ensemble': [addAuth('ensemble', ''), addAuth('ensemble', null)],
  'the name of another ensemble': [addAuth('ensemble', 'three'), ping],
}

/** The users of SASL, with one password: `boss` is the superuser, `super` passes what is of the scheme. */
const USERS = ['joe', 'ann', 'super', 'boss']
const PASSWORD = 'secret'
const ACLS = {
  'of another user': [{ perms: 31, id: { scheme: 'sasl', id: 'joe' } }],
  'of another scheme': [{ perms: 31, id: { scheme: 'digest', id: 'joe:x' } }],
  'for readers': [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }],
}

/** Returns the error numbers of what each user tries on znodes with each ACL, and the schemes of the user's ids. */
async function rights(address: Address & { version: ServerVersion }): Promise<unknown> {
  using joe = await RawClient.open(address)
  await finalAnswer(joe, 'joe', PASSWORD)
  const told: Record<string, unknown> = {}
  for (const user of USERS) {
    using client = await RawClient.open(address)
    await finalAnswer(client, user, PASSWORD)
    const ids = isReached('3.7.0', address.version) ? await client.call(op.whoAmI, null) : null
    told[user] = ids?.clientInfo.map(({ authScheme, user: name }) => `${authScheme}:${name}`).sort()
    for (const [name, acl] of Object.entries(ACLS)) {
      const path = `/${user}-${name.replaceAll(' ', '-')}`
      await joe.call(op.create, { path, data: null, acl, flags: 0 })
      const read = await client.ask(op.getData, { path, watch: false })
      const write = await client.ask(op.setData, { path, data: null, version: -1 })
      const change = await client.ask(op.setACL, { path, acl, version: -1 })
      told[path] = [read.err, write.err, change.err]
    }
  }
  return told
}

/** Returns what a client receives: the headers of the answers, and if the connection is closed. */
async function received(address: Address, steps: readonly Step[]): Promise<unknown[]> {
  using client = await RawClient.open(address)
  const lines: unknown[] = []
  let seen = 0
  for (const step of steps) {
    try {
      const xid = await step(client)
      const find = () => client.answers.slice(seen).find(answer => answer.xid === xid)
      await client.until(() => find() !== undefined)
      const { err, bytes } = find()!
      seen = client.answers.length
      // The token of a success differs from one exchange to the next.
      lines.push({ xid, err, bytes: err === 0 ? bytes.length > 0 : bytes.toString('hex') })
      if (err !== 0) lines.push(await client.closed.then(() => 'closed'))
    } catch (error) {
      lines.push(String(error))
    }
  }
  return lines
}

for (const target of await findTargets()) {
  describe(`Authentication in memory and on ${target.name}`, function () {
    this.timeout(60_000)

    const version = (/\d+\.\d+\.\d+/.exec(target.name)?.[0] ?? '3.9') as ServerVersion
    // The scheme `ensemble` and the demand for SASL came with 3.6.
    const since36 = isReached('3.6.0', version)
    const allSteps = { ...STEPS, ...(since36 ? ENSEMBLE_STEPS : {}) }

    it('gives the same rights to the superuser of SASL, and to the user named super', async () => {
      const users = Object.fromEntries(USERS.map(user => [user, PASSWORD]))
      await using real = await target.startServer({
        sasl: { users },
        properties: { 'zookeeper.superUser': 'boss' },
      })
      await using own = await TestServer.start({ version, sasl: users, saslSuperUser: 'boss' })
      const expected = await rights({ host: '127.0.0.1', port: real.port, version })
      expect(await rights({ host: own.host, port: own.port, version })).to.deep.equal(expected)
      expect(expected).to.deep.include({
        '/ann-of-another-user': [-102, -102, -102],
        '/boss-of-another-scheme': [0, 0, 0],
        '/super-of-another-user': [0, 0, 0],
      })
    })

    for (const required of since36 ? [false, true] : [false]) {
      it(`gives the same answers where SASL is ${required ? 'required' : 'possible'}`, async () => {
        await using real = await target.startServer({
          sasl: { users: { joe: 'secret' }, required },
          properties: since36
            ? { 'zookeeper.authProvider.9': PROVIDER, 'zookeeper.ensembleAuthName': 'one,two' }
            : {},
        })
        await using own = await TestServer.start({
          version,
          sasl: { joe: 'secret' },
          ensembleNames: ['one', 'two'],
          requireAuth: required ? ['sasl'] : [],
        })
        for (const [name, steps] of Object.entries(allSteps)) {
          const expected = await received({ host: '127.0.0.1', port: real.port }, steps)
          expect(await received(own, steps), name).to.deep.equal(expected)
        }
      })
    }
  })
}
