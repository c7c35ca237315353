import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@zookit/client'
import { authorityPem, certificate } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Running, start, zookit } from './support/program.ts'

describe('A command that looks at the wire', function () {
  this.timeout(30_000)
  let server: TestServer
  let directory: string
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: 'v1', other: '' } })
    directory = mkdtempSync(join(tmpdir(), 'zookit-wire-'))
  })
  afterEach(async () => {
    rmSync(directory, { recursive: true })
    await server.stop()
  })

  /** Starts the proxy. @returns it and its address. */
  async function sniff(...words: string[]): Promise<{ running: Running; hosts: string }> {
    const running = start(['--hosts', server.hosts, 'sniff', '--listen', '0', ...words])
    await running.seen('\n')
    const hosts = /127\.0\.0\.1:\d+/.exec(running.out())![0]
    return { running, hosts }
  }

  async function end(running: Running): Promise<string> {
    running.signal('SIGINT')
    expect((await running.result).code).to.equal(0)
    return running.out()
  }

  it('prints every frame that passes, in both directions, with the time of a reply', async () => {
    const { running, hosts } = await sniff()
    expect((await zookit(['--hosts', hosts, 'get', '/app'])).out).to.equal('v1\n')
    expect((await zookit(['--hosts', hosts, 'get', '/none'])).code).to.equal(4)
    const out = await end(running)
    const peer = '127\\.0\\.0\\.1:\\d+'
    expect(out).to.match(
      new RegExp(`[\\d:.]{12} ${peer} > connect-request \\d+ bytes\n.* < connect-response `),
    )
    expect(out).to.match(
      / > getData request xid 1 \/app \d+ bytes\n.* < getData reply xid 1 [\d.]+ ms \d+ bytes\n/,
    )
    expect(out).to.match(/ > getData request xid 1 \/none .*\n.* < getData reply xid 1 NO_?NODE [\d.]+ ms/i)
    expect(out).to.match(/ > closeSession request/)
  })

  it('shows no credentials, also with all fields', async () => {
    const { running, hosts } = await sniff('-v')
    await zookit(['--hosts', hosts, 'addauth', 'digest', 'alice:wonderland'])
    const out = await end(running)
    expect(out).to.contain('hidden').and.not.contain('wonderland')
    expect(out).to.not.contain(Buffer.from('wonderland').toString('hex').match(/../g)!.slice(0, 6).join(' '))
  })

  it('prints only what a filter lets through: operation, path, session', async () => {
    const { running, hosts } = await sniff('--op', 'exists', '--path', '/app', '--json')
    await using zk = await connect(hosts)
    const session = `0x${BigInt.asUintN(64, zk.session.id).toString(16)}`
    const mine = await sniff('--session', session, '--json', '--to', hosts)
    await zk.getData('/app')
    await zk.exists('/app')
    await zk.exists('/other')
    await zookit(['--hosts', mine.hosts, 'ls'])
    const lines = (await end(running))
      .trim()
      .split('\n')
      .slice(1)
      .map(line => JSON.parse(line))
    expect(lines.map(({ side, operation, paths }) => [side, operation, paths])).to.deep.equal([
      ['client', 'exists', ['/app']],
      ['server', 'exists', []],
    ])
    expect(lines[0].session).to.equal(session)
    // Another session, of which nothing is shown.
    expect((await end(mine.running)).trim().split('\n')).to.have.length(1)
  })

  it('prints the error of a multi: that of the first operation that has one, and none where all were applied', async () => {
    const { running, hosts } = await sniff('--json')
    await using zk = await connect(hosts)
    await zk.transaction().create('/made').setData('/app', 'v2').commit()
    const failing = zk.transaction().check('/app', 1).create('/app').delete('/none')
    await failing.commit().catch(() => {})
    await zk.multiRead([
      { type: 'getData', path: '/app' },
      { type: 'getData', path: '/none' },
    ])
    const lines = (await end(running))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const replies = lines.filter(({ kind, operation }) => kind === 'reply' && /^multi/.test(operation ?? ''))
    expect(replies.map(({ operation, err }) => [operation, err])).to.deep.equal([
      ['multi', null],
      ['multi', 'NODE_EXISTS'],
      ['multiRead', 'NO_NODE'],
    ])
  })

  it('prints slow requests with their replies, and no others: --slow', async () => {
    const { running, hosts } = await sniff('--slow', '150')
    await using zk = await connect(hosts)
    await zk.getData('/other')
    server.delayReplies(200)
    await zk.getData('/app')
    server.delayReplies(0)
    const out = await end(running)
    expect(out).to.match(/ > getData request xid 2 \/app .*\n.* < getData reply xid 2 [2-9]\d\d\.\d ms/)
    expect(out).to.not.contain('/other')
  })

  it('says of TLS that it passes and cannot be read, and so does dissect of its capture', async () => {
    const { key, cert } = certificate('server')
    await using secure = await TestServer.start({ tls: { key, cert }, seed: { app: 'v1' } })
    const [ca, file] = [join(directory, 'ca.pem'), join(directory, 'tls.pcap')]
    writeFileSync(ca, authorityPem())
    const { running, hosts } = await sniff('--to', secure.hosts, '--write', file)
    expect((await zookit(['--hosts', hosts, '--tls-ca', ca, 'get', '/app'])).out).to.equal('v1\n')
    expect((await end(running)).trim().split('\n')).to.have.length(1)
    expect(running.err()).to.match(
      /^127\.0\.0\.1:\d+ speaks TLS: it passes, but its frames cannot be read\n$/,
    )
    const { code, out, err } = await zookit(['dissect', file, '--port', String(secure.port)])
    expect({ code, out, err }).to.deep.equal({
      code: 0,
      out: '',
      err: '1 connection of TLS, whose frames cannot be read\n',
    })
  })

  it('writes a capture that dissect reads again', async () => {
    const file = join(directory, 'zk.pcap')
    const { running, hosts } = await sniff('--write', file, '--json')
    await using zk = await connect(hosts)
    await zk.setData('/app', 'x'.repeat(200_000))
    await zk.create('/new', 'n')
    await zk.close()
    const sniffed = (await end(running))
      .trim()
      .split('\n')
      .slice(1)
      .map(line => JSON.parse(line))
    const result = await zookit(['dissect', file, '--port', String(server.port), '--json'])
    expect(result).to.include({ code: 0, err: '' })
    const read = result.out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const shape = ({
      side,
      kind,
      operation,
      xid,
      length,
      paths,
      session,
    }: Record<string, unknown>): unknown => ({
      side,
      kind,
      operation,
      xid,
      length,
      paths,
      session,
    })
    expect(read.map(shape)).to.deep.equal(sniffed.map(shape))
    expect(read.map(({ operation }) => operation)).to.include.members(['setData', 'create', 'closeSession'])
    const none = await zookit(['dissect', file, '--port', '1'])
    expect(none.code).to.equal(3)
    expect(none.err)
      .to.contain(`${file} has no TCP segments of port 1 among its ${packetsOf(file)} packets; it has `)
      .and.match(/it has \d+, \d+\n {2}Name that of the servers with --port\.\n$/)
      .and.contain(server.port)
  })

  it('puts segments that came late, twice or overlapping in their order, over every link layer', async () => {
    const file = join(directory, 'zk.pcap')
    const { running, hosts } = await sniff('--write', file)
    await zookit(['--hosts', hosts, 'set', '/app', 'y'.repeat(130_000)])
    await end(running)
    const packets = split(readFileSync(file))
    const expected = (await zookit(['dissect', file, '--port', String(server.port)])).out
    const longest = packets.findIndex(packet => packet.length > 50_000)
    const shuffled = packets.with(longest, packets[longest + 1]!).with(longest + 1, packets[longest]!)
    shuffled.splice(longest + 2, 0, packets[longest]!)
    for (const [link, prefix] of [
      [101, ''],
      [1, `${'00'.repeat(12)}0800`],
      [1, `${'00'.repeat(12)}810000010800`],
      [113, '00'.repeat(16)],
      [276, '00'.repeat(20)],
      [0, '02000000'],
    ] as const) {
      writeFileSync(file, capture(link, shuffled, Buffer.from(prefix, 'hex')))
      const { out } = await zookit(['dissect', file, '--port', String(server.port)])
      expect(withoutTimes(out), String(link)).to.equal(withoutTimes(expected))
    }
  })

  it('reads pcapng, with the clock of each interface', async () => {
    const file = join(directory, 'zk.pcap')
    const { running, hosts } = await sniff('--write', file)
    await zookit(['--hosts', hosts, 'get', '/app'])
    await end(running)
    const expected = (await zookit(['dissect', file, '--port', String(server.port)])).out
    writeFileSync(file, captureOfBlocks(split(readFileSync(file))))
    const { out } = await zookit(['dissect', file, '--port', String(server.port), '--json'])
    expect(out.trim().split('\n')).to.have.length(expected.trim().split('\n').length)
    const first = JSON.parse(out.split('\n')[0]!)
    expect(first).to.include({ kind: 'connect-request', at: '2001-09-09T01:46:40.000Z' })
  })

  it('says what to do where it cannot listen or write', async () => {
    const { code, err } = await zookit(['--hosts', server.hosts, 'sniff', '--listen', String(server.port)])
    expect([code, err]).to.deep.equal([
      3,
      `zookit sniff: cannot listen on 127.0.0.1:${server.port} (EADDRINUSE)\n  Take another port with --listen, or 0 for any free one.\n`,
    ])
    expect((await zookit(['sniff', '--listen', '0', '--write', '/nonexistent/x'])).code).to.equal(2)
  })
})

/** Cuts a capture of ours into its packets, without their heads. */
function split(file: Buffer): Buffer[] {
  const packets: Buffer[] = []
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    packets.push(file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8)))
  }
  return packets
}

function packetsOf(file: string): number {
  return split(readFileSync(file)).length
}

/** Makes a capture of big-endian nanoseconds, as other machines write it. */
function capture(link: number, packets: readonly Buffer[], prefix: Buffer): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt32BE(0xa1b23c4d, 0)
  head.writeUInt32BE(link, 20)
  const parts = packets.map(packet => {
    const bytes = Buffer.concat([prefix, packet])
    const own = Buffer.alloc(16)
    own.writeUInt32BE(bytes.length, 8)
    return Buffer.concat([own, bytes])
  })
  return Buffer.concat([head, ...parts])
}

/** Makes a capture in pcapng: a section, an interface of bare IP packets with nanoseconds, a block for each packet. */
function captureOfBlocks(packets: readonly Buffer[]): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)])
    const length = padded.length + 12
    const framed = Buffer.alloc(length)
    framed.writeUInt32LE(type, 0)
    framed.writeUInt32LE(length, 4)
    padded.copy(framed, 8)
    framed.writeUInt32LE(length, length - 4)
    return framed
  }
  const section = Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex')
  const ofInterface = Buffer.from('650000000000040009000100090000000000', 'hex').subarray(0, 16)
  const bodies = packets.map(packet => {
    const head = Buffer.alloc(20)
    const nanoseconds = 1_000_000_000_000_000_000n
    head.writeUInt32LE(Number(nanoseconds >> 32n), 4)
    head.writeUInt32LE(Number(nanoseconds & 0xffffffffn), 8)
    head.writeUInt32LE(packet.length, 12)
    head.writeUInt32LE(packet.length, 16)
    return Buffer.concat([head, packet])
  })
  return Buffer.concat([
    block(0x0a0d0d0a, section),
    block(1, ofInterface),
    ...bodies.map(body => block(6, body)),
  ])
}

function withoutTimes(out: string): string {
  return out.replaceAll(/^[\d:.]{12} /gm, '').replaceAll(/ [\d.]+ ms/g, '')
}
