import { op, Reader, type Stat } from '@zookit/jute'
import { findTargets } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { type ServerVersion, TestServer } from '../src/index.ts'
import { type AnyRequest, RandomRequests, seededRandom } from './support/random-requests.ts'
import { type Address, type Answer, type Frame, RawClient } from './support/raw-client.ts'

const CLIENTS = 2
const ROUNDS = Number(process.env.ZOOKIT_ROUNDS ?? 4)
const FIRST_SEED = Number(process.env.ZOOKIT_SEED ?? 1)
const REQUESTS = Number(process.env.ZOOKIT_REQUESTS ?? 250)
/** The number of requests that a failure shows. */
const LOGGED = Number(process.env.ZOOKIT_LOGGED ?? 12)
const HOUR = 3_600_000
const UNIMPLEMENTED = -6

/** One server with its clients, and the values that make its answers comparable. */
class Side {
  readonly clients: RawClient[]
  readonly #address: Address
  /** The zxid from which transactions are counted. */
  readonly base: bigint
  readonly names: Map<bigint, string>

  private constructor(address: Address, clients: RawClient[], base: bigint) {
    this.#address = address
    this.clients = clients
    this.base = base
    this.names = new Map(clients.map((client, i) => [client.sessionId, `session ${i}`]))
  }

  static async open(address: Address): Promise<Side> {
    const clients: RawClient[] = []
    for (let i = 0; i < CLIENTS; i++) clients.push(await RawClient.open(address))
    const { zxid } = await clients[0]!.ask(op.ping, null)
    return new Side(address, clients, zxid)
  }

  async close(): Promise<void> {
    for (const client of this.clients) {
      await client.ask(op.closeSession, null)
      client.socket.destroy()
    }
  }

  /** Sends a request by one client and returns the frames that every client receives because of it. */
  async run(index: number, { operation, body }: AnyRequest): Promise<unknown[]> {
    const before = this.clients.map(({ frames }) => frames.length)
    const { err } = await this.clients[index]!.ask(operation, body)
    // An operation that the release does not know ends the connection behind its answer, by and by.
    const lost = operation.code === op.check.code && err === UNIMPLEMENTED
    if (lost) await this.clients[index]!.closed
    for (const client of this.clients) if (!client.socket.destroyed) await client.ask(op.ping, null)
    const heard: unknown[] = this.clients.map((client, i) =>
      client.frames.slice(before[i]).map(frame => this.#describe(frame, operation, i === index)),
    )
    if (lost) heard.push('the connection was closed', await this.#resume(index))
    return heard
  }

  /** Resumes a client's session on a new connection, and says whether the session was kept. */
  async #resume(index: number): Promise<string> {
    const { sessionId, response } = this.clients[index]!
    const handshake = { sessionId, passwd: response?.passwd ?? null }
    const client = await RawClient.open(this.#address, handshake)
    this.clients[index] = client
    return client.sessionId === sessionId ? 'the session was kept' : 'the session was lost'
  }

  #describe(frame: Frame, operation: AnyRequest['operation'], asked: boolean): unknown {
    if ('event' in frame) return { ...frame.event, zxid: this.#zxid(frame.event.zxid) }
    const { xid, zxid, err, bytes } = frame.answer
    const isPing = xid === -2 || !asked
    const body = isPing || err !== 0 ? bytes.length : this.#body(operation, frame.answer)
    return { xid, zxid: this.#zxid(zxid), err, body }
  }

  #body(operation: AnyRequest['operation'], { bytes }: Answer): unknown {
    const reader = new Reader(bytes)
    const body = operation.readResponse(reader)
    expect(reader.remaining, `bytes left after ${operation.name}`).to.equal(0)
    return this.#plain(body)
  }

  #plain(value: unknown): unknown {
    if (Buffer.isBuffer(value)) return value.toString('latin1')
    if (Array.isArray(value)) {
      const plain = value.map(item => this.#plain(item))
      return plain.every(item => typeof item === 'string') ? plain.sort() : plain
    }
    if (typeof value !== 'object' || value === null) return value
    const plain = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#plain(item)]))
    return 'czxid' in plain ? this.#plainStat(value as Stat) : plain
  }

  #plainStat(stat: Stat): unknown {
    const { ctime, mtime, czxid, mzxid, pzxid, ephemeralOwner } = stat
    return {
      ...stat,
      ctime: ctime === 0,
      mtime: mtime === 0,
      czxid: this.#zxid(czxid),
      mzxid: this.#zxid(mzxid),
      pzxid: this.#zxid(pzxid),
      ephemeralOwner: this.names.get(ephemeralOwner) ?? ephemeralOwner,
    }
  }

  #zxid(zxid: bigint): unknown {
    return zxid > 0n ? zxid - this.base : zxid
  }
}

async function compare(seed: number, version: string, real: Address, own: Address): Promise<void> {
  const requests = new RandomRequests(seededRandom(seed), version)
  const random = seededRandom(seed + 1e6)
  const [realSide, ownSide] = [await Side.open(real), await Side.open(own)]
  const log: string[] = []
  for (let i = 0; i < REQUESTS; i++) {
    const index = Math.floor(random() * CLIENTS)
    const at = BigInt(i)
    const request = requests.next(at)
    log.push(`${index} ${request.operation.name} ${show(request.body)}`)
    const context = `seed ${seed}, after\n${log.slice(-LOGGED).join('\n')}`
    const expected = await realSide.run(index, relative(request, realSide.base)).catch(error => {
      throw new Error(`${context}: ${error}`)
    })
    const actual = await ownSide.run(index, relative(request, ownSide.base))
    expect(actual, context).to.deep.equal(expected)
  }
  await realSide.close()
  await ownSide.close()
}

/** Makes the zxids of a request count from the server's own base. */
function relative(request: AnyRequest, base: bigint): AnyRequest {
  const body = request.body as { relativeZxid?: bigint } | null
  if (body?.relativeZxid === undefined) return request
  return { ...request, body: { ...body, relativeZxid: body.relativeZxid + base } }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item))
}

// Without a real server there is nothing to compare with. ZOOKIT_REQUIRE=real makes that an error.
for (const target of await findTargets()) {
  describe(`the in-memory server and ${target.name}`, function () {
    this.timeout(60_000)

    for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
      it(`give the same answers to ${REQUESTS} random requests of two clients, seed ${seed}`, async () => {
        const version = (/\d+\.\d+\.\d+/.exec(target.name)?.[0] ?? '3.9') as ServerVersion
        await using real = await target.startServer({ containerCheckInterval: HOUR })
        await using own = await TestServer.start({
          version,
          filterEvents: true,
          containerCheckInterval: HOUR,
        })
        await compare(seed, version, { host: '127.0.0.1', port: real.port }, own)
      })
    }
  })
}
