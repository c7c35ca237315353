import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { findClients, findShell } from '../foreign/clients.ts'
import { Program } from '../foreign/program.ts'

const USERS = { joe: 'secret', ann: 'pässwörd' }
const options = { sasl: USERS, requireAuth: ['sasl'] }

/** Reads a znode as a user with kazoo, and prints its data, or the failure. */
const KAZOO = `
import sys
from kazoo.client import KazooClient
zk = KazooClient(hosts=sys.argv[1], sasl_options={
    'mechanism': 'DIGEST-MD5', 'username': sys.argv[2], 'password': sys.argv[3]})
try:
    zk.start(timeout=10)
    zk.create('/of-' + sys.argv[2], b'mine')
    print(zk.get('/of-' + sys.argv[2])[0].decode())
    zk.stop()
except Exception as error:
    print(type(error).__name__)
`

const jaas = (user: string, password: string): string =>
  `Client { org.apache.zookeeper.server.auth.DigestLoginModule required username="${user}" password="${password}"; };\n`

const kazoo = findClients().find(({ name }) => name.startsWith('kazoo'))
const shell = findShell()

describe('SASL DIGEST-MD5 of other clients, with the in-memory server', function () {
  this.timeout(60_000)
  let directory: string
  let server: TestServer

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'zookit-sasl-'))
    server = await TestServer.start(options)
  })
  after(async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  /** The tokens that the server has got. */
  const steps = (): unknown[] => server.requests().filter(({ operation }) => operation === 'sasl')

  if (kazoo) {
    const run = async (user: string, password: string): Promise<string | undefined> => {
      const [python = ''] = kazoo.prepare(directory)
      await using program = new Program([python, '-c', KAZOO, server.hosts, user, password])
      return await program.line()
    }

    it(`accepts ${kazoo.name} with a right password, and refuses it with a wrong one`, async () => {
      expect(await run('joe', 'secret')).to.equal('mine')
      const { length } = steps()
      expect(length).to.equal(2)
      expect(await run('joe', 'wrong')).to.match(/^(?!mine)\w+$/)
      expect(steps().length).to.be.greaterThan(length)
    })
  }

  if (shell) {
    const run = async (user: string, password: string): Promise<Program> => {
      const config = join(directory, `${user}.conf`)
      writeFileSync(config, jaas(user, password))
      const command = [...shell.prepare(directory)]
      const java = command.findIndex(part => part.endsWith('/java'))
      // In its FIPS mode, which is the default, Apache's client of 3.9 does not use DIGEST-MD5.
      const properties = [`-Djava.security.auth.login.config=${config}`, '-Dzookeeper.fips-mode=false']
      command.splice(java + 1, 0, ...properties)
      return new Program([...command, server.hosts])
    }

    for (const [user, password] of Object.entries(USERS)) {
      it(`accepts ${shell.name} as ${user}, whose name is that of its ACLs`, async () => {
        await using program = await run(user, password)
        program.tell(`create /shell-${user} mine sasl:${user}:cdrwa`)
        await program.find(new RegExp(`Created /shell-${user}`))
        program.tell(`get /shell-${user}`)
        await program.find(/^mine$/)
        program.tell('quit')
      })
    }

    it(`refuses ${shell.name} with a wrong password`, async () => {
      await using program = await run('joe', 'wrong')
      await program.find(/AuthFailed|SESSIONCLOSEDREQUIRESASLAUTH|AUTH_FAILED/)
    })
  }
})
