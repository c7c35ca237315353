import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { zookit } from './support/program.ts'

// tcpdump 4.99.3 made these captures on a loopback, of `create` over IPv4 and `get` over IPv6 on ZooKeeper 3.9.5:
// tcpdump -i lo; tcpdump -i any -y LINUX_SLL; tcpdump -i any -y LINUX_SLL2; tcpdump -i lo -s 90.
const file = (name: string): string => fileURLToPath(new URL(`captures/${name}.pcap`, import.meta.url))

const LINES = `127.0.0.1:38688 > connect-request 49 bytes
127.0.0.1:38688 < connect-response 41 bytes
127.0.0.1:38688 > create request xid 1 /cap 75 bytes
127.0.0.1:38688 < create reply xid 1 /cap 15.6 ms 28 bytes
127.0.0.1:38688 > closeSession request xid 2 12 bytes
127.0.0.1:38688 < closeSession reply xid 2 2.8 ms 20 bytes
[::1]:36366 > connect-request 49 bytes
[::1]:36366 < connect-response 41 bytes
[::1]:36366 > getData request xid 1 /cap 21 bytes
[::1]:36366 < getData reply xid 1 2.7 ms 112 bytes
[::1]:36366 > closeSession request xid 2 12 bytes
[::1]:36366 < closeSession reply xid 2 0.9 ms 20 bytes
`

/** Dissects a capture. @returns its lines without the times of day. */
async function dissect(path: string): Promise<{ out: string; err: string }> {
  const { out, err } = await zookit(['dissect', path, '--port', '23501'])
  return { out: out.replaceAll(/^[\d:.]{12} /gm, ''), err }
}

/** Cuts a capture into its head and its packets, each with its own head. */
function packetsOf(name: string): Buffer[] {
  const bytes = readFileSync(file(name))
  const parts = [bytes.subarray(0, 24)]
  for (let at = 24; at < bytes.length; ) {
    const end = at + 16 + bytes.readUInt32LE(at + 8)
    parts.push(bytes.subarray(at, end))
    at = end
  }
  return parts
}

describe('A capture of tcpdump', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zookit-captures-'))
  })
  after(() => rm(directory, { recursive: true }))

  for (const name of ['ethernet', 'linux-cooked', 'linux-cooked-2']) {
    it(`is read frame by frame, over IP of both versions: ${name}`, async () => {
      expect(await dissect(file(name))).to.deep.equal({ out: LINES, err: '' })
    })
  }

  it('that has nothing of the port names the ports of servers in it, and the option', async () => {
    const { code, out, err } = await zookit(['dissect', file('ethernet')])
    expect([code, out]).to.deep.equal([3, ''])
    expect(err).to.match(
      /no TCP segments of port 2181 among its \d+ packets; it has 23501\n {2}Name that of the servers: --port 23501\.\n/,
    )
    // Without the beginning of a connection, no port is known to be a server's.
    const [head, ...packets] = packetsOf('ethernet')
    const rest = join(directory, 'rest.pcap')
    writeFileSync(rest, Buffer.concat([head!, ...packets.slice(3, 6)]))
    expect((await zookit(['dissect', rest])).err).to.match(/among its 3 packets; it has 23501, 38688\n/)
    writeFileSync(rest, head!)
    const none = await zookit(['dissect', rest])
    expect(none.err).to.match(/among its 0 packets\n {2}It has no TCP at all/)
  })

  it('whose packets are cut off is told, with the remedy', async () => {
    const { out, err } = await dissect(file('short'))
    expect(out).to.not.include('create')
    expect(err).to.match(/^\d+ packets cut off in the capture: use -s 0 of tcpdump\n/)
  })

  it('that lacks a segment is told, and shows what came before it', async () => {
    const path = join(directory, 'gap.pcap')
    const packets = packetsOf('ethernet')
    const create = packets.findIndex(packet => packet.includes('hello from a capture'))
    writeFileSync(path, Buffer.concat(packets.toSpliced(create, 1)))
    const { out, err } = await dissect(path)
    expect(out).to.include('127.0.0.1:38688 < connect-response')
    expect(out).to.not.include('create request')
    expect(err).to.match(/^1 connection with segments missing: give tcpdump a larger buffer/)
  })

  it('in which a client has the port of an earlier one shows both', async () => {
    const path = join(directory, 'reused.pcap')
    const [head, ...packets] = packetsOf('ethernet')
    writeFileSync(path, Buffer.concat([head!, ...packets, ...packets]))
    expect((await dissect(path)).out).to.equal(LINES.repeat(2))
  })
})
