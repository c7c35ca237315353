import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@zookit/client'
import { authorityPem } from '@zookit/test-fixtures'
import { TestEnsemble, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { start, zookit } from './support/program.ts'

describe('zookit status', function () {
  this.timeout(30_000)

  it('ends with 0 for a healthy ensemble, and with 1 when a member is down', async () => {
    await using ensemble = await TestEnsemble.start({ size: 3 })
    const healthy = await zookit(['--hosts', ensemble.hosts, 'status'])
    expect([healthy.code, healthy.err]).to.deep.equal([0, ''])
    expect(healthy.out)
      .to.match(/ leader /)
      .and.match(/ follower /)
    expect(healthy.out).to.match(
      /healthy: 3 of 3 voters serve, 2 are needed; leader 127\.0\.0\.1:\d+; zxid 0x/,
    )
    await ensemble.members.find(member => member.role === 'follower')!.stop()
    const sick = await zookit(['--hosts', ensemble.hosts, 'status'])
    expect(sick.code).to.equal(1)
    expect(sick.out)
      .to.match(/unreachable/)
      .and.match(/not healthy: 2 of 3 voters serve/)
      .and.match(/CONNECT_FAILED/)
  })

  it('ends with 1 for servers that each stand alone: they are no ensemble', async () => {
    await using one = await TestServer.start()
    await using other = await TestServer.start()
    const { code, out } = await zookit(['--hosts', `${one.hosts},${other.hosts}`, 'status'])
    expect(code).to.equal(1)
    expect(out).to.contain(
      `not healthy: the servers are not one ensemble: ${one.hosts} and ${other.hosts} each stand alone\n`,
    )
  })

  it('speaks of the options of the command line where TLS fails, as `sessions` does', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'zookit-status-'))
    const ca = join(directory, 'ca.pem')
    writeFileSync(ca, authorityPem())
    await using server = await TestServer.start()
    const timeout = ['--timeout', '1000']
    for (const words of [['status'], ['--json', 'status'], ['sessions']]) {
      const { out, err } = await zookit(['--hosts', server.hosts, ...timeout, '--tls-ca', ca, ...words])
      expect(out + err, words.join(' ')).to.match(/TLS_FAILED.*check --tls-ca.*--tls-cert/)
      expect(out + err, words.join(' ')).to.not.match(/tls\.ca|tls\.cert/)
    }
    rmSync(directory, { recursive: true })
  })

  it('counts a server once that two names reach, and says so', async () => {
    await using server = await TestServer.start()
    const local = server.hosts.replace('127.0.0.1', 'localhost')
    const { code, out } = await zookit(['--hosts', `${local},${server.hosts}`, 'status'])
    expect(code).to.equal(0)
    expect(out)
      .to.contain('healthy: 1 of 1 voter serves')
      .and.contain(`${local} and ${server.hosts} reach the same server, which counts once\n`)
  })

  it('counts one voter in the singular', async () => {
    await using server = await TestServer.start()
    const { out } = await zookit(['--hosts', server.hosts, 'status'])
    expect(out).to.contain('healthy: 1 of 1 voter serves, 1 is needed; leader')
  })

  it('has no columns for what a server does not tell', async () => {
    await using server = await TestServer.start({ fourLetterWords: ['srvr'] })
    const { code, out } = await zookit(['--hosts', server.hosts, 'status'])
    expect(code).to.equal(0)
    expect(out).to.match(/standalone +3\.\d.* - /)
  })

  it('begins on an empty screen each time, on a terminal: --watch', async () => {
    await using server = await TestServer.start()
    const words = ['--hosts', server.hosts, '--color', 'never', 'status', '--watch', '--interval', '100']
    const running = start(words, {}, true)
    const beginning = '\u001b[H\u001b[2Jserver '
    await running.seen(`\n${beginning}`)
    expect(running.out().startsWith(beginning)).to.equal(true)
    running.signal('SIGINT')
    await running.result
  })

  it('shows it again and again, with the requests drawn, until Ctrl-C: --watch', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const running = start(['--hosts', server.hosts, 'status', '--watch', '--interval', '100'])
    await running.seen('requests')
    for (let i = 0; i < 500; i++) await zk.exists('/')
    await running.seen(/[▁▂▃▄▅▆▇█] +\d+\/s/)
    running.signal('SIGINT')
    expect((await running.result).code).to.equal(130)
  })
})

describe('zookit sessions', () => {
  it('lists clients with their ephemeral znodes and watches', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    await zk.create('/mine', 'x', { mode: 'ephemeral' })
    await zk.exists('/watched', { watch: () => {} })
    const id = `0x${BigInt.asUintN(64, zk.session.id).toString(16)}`
    const { out, code } = await zookit(['--hosts', server.hosts, 'sessions', '--watches', '--json'])
    expect(code).to.equal(0)
    const rows = out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const row = rows.find(({ session }) => session === id)
    expect(row).to.include({ server: server.hosts, timeout: zk.session.timeout })
    expect(row.client).to.match(/^127\.0\.0\.1:\d+$/)
    expect([row.ephemerals, row.watches]).to.deep.equal([['/mine'], ['/watched']])
    const long = await zookit(['--hosts', server.hosts, 'sessions', '--watches', '-l'])
    expect(long.out).to.contain(`${id} holds /mine\n${id} watches /watched\n`)
  })

  it('tells which servers do not answer, and shows what the others tell', async () => {
    await using server = await TestServer.start({ fourLetterWords: ['cons'] })
    await using zk = await connect(server.hosts)
    const { code, out, err } = await zookit(['--hosts', server.hosts, 'sessions'])
    expect(code).to.equal(0)
    expect(err).to.match(/NOT_ALLOWED \(dump /)
    expect(out).to.contain(BigInt.asUintN(64, zk.session.id).toString(16))
  })
})
