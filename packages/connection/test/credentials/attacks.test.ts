import { op, Reader, type Writer } from '@zookit/jute'
import { expect } from 'chai'
import { proof } from '../../src/auth/digest-md5.ts'
import { parseDirectives } from '../../src/auth/directives.ts'
import { isLive, type ServerAddress, type SessionOptions } from '../../src/index.ts'
import { isLoopback } from '../../src/link/server-address.ts'
import { type Peer, type Received, Simulation, Subject } from '../support/simulation.ts'

const PASSWORD = 'a password that nobody may see'
const SECRETS = [PASSWORD, 'joe:of-digest', 'of-runes']
const CHALLENGE = 'realm="zk-sasl-md5",nonce="abc",charset=utf-8,algorithm=md5-sess'
const DIGEST = { mechanism: 'DIGEST-MD5', username: 'joe', password: () => PASSWORD } as const
const SEEDS = 12
/** The steps of one attack. */
const STEPS = 40

/** Chance from a seed, apart from that of the simulation. */
class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = (seed + 1) * 48271
  }

  below(limit: number): number {
    this.#state = (this.#state * 48271) % 0x7fffffff
    return this.#state % limit
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}

/** The answer of an honest server to a step of SASL. */
function honestToken({ body }: Received): string {
  const token = String(op.sasl.readRequest(new Reader(body)).token)
  if (token === '') return CHALLENGE
  const told = parseDirectives(token)
  const [realm, nonce, cnonce, uri] = ['realm', 'nonce', 'cnonce', 'digest-uri'].map(name => told.only(name))
  const agreement = { username: 'joe', password: PASSWORD, realm, nonce, cnonce, uri }
  return `rspauth=${proof(agreement as Parameters<typeof proof>[0], '')}`
}

function reply(peer: Peer, xid: number, token: Uint8Array | string | null, err = 0): void {
  const bytes = typeof token === 'string' ? Buffer.from(token) : token
  peer.reply(xid, err, (writer: Writer) => writer.nullableBuffer(bytes === null ? null : Buffer.from(bytes)))
}

/** A peer that serves everything honestly. */
function serve(peer: Peer, isReadOnly: boolean): void {
  peer.readOnly = isReadOnly
  peer.isro = isReadOnly ? 'ro' : 'rw'
  peer.onRequest = request => {
    if (request.code !== op.sasl.code) return false
    reply(peer, request.xid, honestToken(request))
    return true
  }
  peer.accept()
}

/** All bytes of what a peer has received behind the handshake. */
const receivedBy = (peer: Peer): string =>
  Buffer.concat([...peer.requests.map(({ body }) => body), ...peer.auths]).toString('latin1')

describe('Whoever moves a session about, by lists, by DNS and by lost connections', function () {
  this.timeout(60_000)

  const NAMES = ['127.0.0.1', '192.0.2.7', 'near', 'far', 'turncoat']

  /** Attacks a session for a while. @returns its world. */
  async function attack(dice: Dice, options: Partial<SessionOptions>): Promise<Simulation> {
    const world = new Simulation()
    const addressOf: Record<string, string> = { near: '127.0.0.9', far: '192.0.2.8' }
    world.resolve = async host =>
      host === 'turncoat'
        ? [...new Set([dice.pick(['127.0.0.1', '192.0.2.9']), dice.pick(['::1', '2001:db8::1'])])]
        : [addressOf[host] ?? host]
    const servers = (): ServerAddress[] =>
      Array.from({ length: 1 + dice.below(3) }, () => ({ host: dice.pick(NAMES), port: 1 + dice.below(3) }))
    world.resolveSrv = async () => servers()
    world.onConnect = peer => serve(peer, dice.below(4) === 0)
    const start =
      dice.below(4) === 0 ? { servers: [], srv: '_zookeeper._tcp.turncoat' } : { servers: servers() }
    const { session } = new Subject({ readOnly: true, ...start, ...options }, world)
    const ignore = (): void => {}
    for (let step = 0; step < STEPS; step++) {
      const what = dice.below(8)
      if (what === 0) session.updateServers(servers())
      if (what === 1) world.peers.findLast(({ closed }) => !closed)?.close()
      if (what === 2) void session.addAuth('digest', () => SECRETS[1]!).catch(ignore)
      if (what === 3) void session.addAuth('runes', SECRETS[2]!).catch(ignore)
      if (what === 4) void session.request(op.exists, { path: '/', watch: false }).catch(ignore)
      if (what === 5) world.peer?.answerExpired()
      await world.advance(dice.pick([0, 20, 300, 3000, 9000]))
    }
    await session.close()
    await world.advance(10_000)
    expect(world.open_).to.equal(0)
    return world
  }

  it('A6 gets no secret onto a connection that is neither encrypted nor local', async () => {
    let [near, far] = [0, 0]
    for (let seed = 0; seed < SEEDS; seed++) {
      const sasl = seed % 2 === 0 ? { sasl: DIGEST } : {}
      const world = await attack(new Dice(seed), sasl)
      for (const peer of world.peers) {
        const told = receivedBy(peer)
        if (isLoopback(peer.target.address)) {
          near += SECRETS.filter(secret => told.includes(secret)).length + peer.codes.filter(isSasl).length
          continue
        }
        far++
        for (const secret of SECRETS) expect(told, `seed ${seed}`).not.to.contain(secret)
        expect(peer.codes.filter(isSasl), `seed ${seed}`).to.deep.equal([])
        if (sasl.sasl) expect(peer.handshake, `seed ${seed}`).to.equal(null)
      }
    }
    // The attack goes where it could succeed, and secrets go where they may.
    expect([near > 20, far > 20]).to.deep.equal([true, true])
  })

  it('A6 A7 gets no connection without TLS where `tls` is given', async () => {
    let connections = 0
    for (let seed = 0; seed < SEEDS; seed++) {
      const dice = new Dice(seed)
      const tls = (): object => (dice.below(5) === 0 ? (undefined as never) : {})
      const world = await attack(new Dice(seed), { tls, sasl: DIGEST })
      connections += world.peers.length
      expect(world.peers.filter(({ target }) => !target.tls)).to.deep.equal([])
    }
    expect(connections).to.be.greaterThan(30)
  })

  it('A5 gets no request out of a session that has not authenticated on that connection', async () => {
    let requests = 0
    for (let seed = 0; seed < SEEDS; seed++) {
      const world = await attack(new Dice(seed), { tls: {}, sasl: DIGEST })
      for (const { codes } of world.peers) {
        requests += Math.max(codes.length - 2, 0)
        expect(codes.slice(0, 2).every(isSasl), `seed ${seed}: ${codes}`).to.equal(true)
      }
    }
    expect(requests).to.be.greaterThan(30)
  })
})

const isSasl = (code: number): boolean => code === op.sasl.code

describe('A server that plays with a SASL exchange', function () {
  this.timeout(60_000)

  /** Answers one step in one of many ways, most of them wrong. @returns true if the honest token is the first answer. */
  function play(dice: Dice, peer: Peer, request: Received): boolean {
    const { xid } = request
    const honest = honestToken(request)
    const ways: (() => void)[] = [
      () => reply(peer, xid, honest),
      () => {},
      () => peer.close(),
      () => reply(peer, xid, null),
      () => reply(peer, xid, ''),
      () => reply(peer, xid, CHALLENGE),
      () => reply(peer, xid, `rspauth=${'0'.repeat(32)}`),
      () => reply(peer, xid, 'x'.repeat(60_000)),
      () => reply(peer, xid, 'x'.repeat(70_000)),
      () => reply(peer, xid, honest, -1 - dice.below(200)),
      () => reply(peer, xid + 1 + dice.below(3), honest),
      () => reply(peer, -1 - dice.below(8), honest),
      () => peer.event(3, '/', 7n),
      () => peer.send(Buffer.from([0, 0, 0, 9, 1])),
      () => peer.send(Buffer.from([0x7f, 0xff, 0xff, 0xff])),
      () => peer.send(Buffer.from([0x80, 0, 0, 0])),
      () => void [1, 2].map(() => reply(peer, xid, honest)),
    ]
    const way = dice.below(2) === 0 ? 0 : dice.below(ways.length)
    ways[way]!()
    return way === 0 || way === ways.length - 1
  }

  it('A5 is given up in time, gets nothing else, and leaves nothing behind', async () => {
    const outcomes = new Set<string>()
    for (let seed = 0; seed < 3 * SEEDS; seed++) {
      const dice = new Dice(seed)
      const world = new Simulation()
      const trusted = new Set<Peer>()
      world.onConnect = peer => {
        let steps = 0
        peer.onRequest = request => {
          if (!isSasl(request.code)) return false
          // The second token of an honest server proves that it knows the password.
          const isHonest = play(dice, peer, request)
          if (++steps === 2 && isHonest) trusted.add(peer)
          return true
        }
        peer.accept()
      }
      const servers = [{ host: '127.0.0.1', port: 1 }]
      const { session, failures } = new Subject({ sasl: DIGEST, servers }, world)
      void session.request(op.exists, { path: '/', watch: false }).catch(() => {})
      // However a server behaves: an exchange is over in the 6 s of an attempt, and the next one follows in 5 s.
      for (let round = 0; round < 40 && session.state === 'connecting'; round++) {
        const before = world.peers.length
        const open = world.open_
        await world.advance(12_000)
        if (session.state !== 'connecting') break
        expect(world.peers.length, `seed ${seed}: no new attempt`).to.be.greaterThan(before)
        expect(open).to.be.at.most(1)
      }
      outcomes.add(session.state)
      for (const { message } of failures) expect(message).not.to.contain(PASSWORD)
      for (const peer of world.peers) {
        const others = peer.codes.filter(code => !isSasl(code))
        if (others.length > 0) expect(trusted.has(peer), `seed ${seed}: ${others}`).to.equal(true)
      }
      if (isLive(session.state)) expect(trusted.has(world.peer), `seed ${seed}`).to.equal(true)
      const closed = session.close()
      await world.advance(6000)
      await closed
      expect(world.timers.size, `seed ${seed}`).to.equal(0)
      expect(world.open_, `seed ${seed}`).to.equal(0)
    }
    expect([...outcomes]).to.include.members(['connected', 'auth-failed'])
  })
})
