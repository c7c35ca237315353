import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { op, Reader, type Writer } from '@zookit/jute'
import { expect } from 'chai'
import { tokenMechanism } from '../../examples/token-mechanism.ts'
import { proof } from '../../src/auth/digest-md5.ts'
import { parseDirectives } from '../../src/auth/directives.ts'
import type { SaslExchange, SaslMechanism, SessionOptions } from '../../src/index.ts'
import { outcomeOf, type Peer, type Received, Simulation, Subject } from '../support/simulation.ts'

const CHALLENGE = 'realm="zk-sasl-md5",nonce="abc",charset=utf-8,algorithm=md5-sess'
const PASSWORD = 'a password that nobody may see'
const DIGEST = { mechanism: 'DIGEST-MD5', username: 'joe', password: PASSWORD } as const

const tokenOf = ({ body }: Received): string => String(op.sasl.readRequest(new Reader(body)).token)

/** Answers a step with a token. */
function answer(peer: Peer, { xid }: Received, token: string | Buffer | null, err = 0): void {
  const bytes = typeof token === 'string' ? Buffer.from(token) : token
  peer.reply(xid, err, (writer: Writer) => writer.nullableBuffer(bytes))
}

/** Returns the server's proof, for what the client sent. */
function rspauth(request: Received): string {
  const told = parseDirectives(tokenOf(request))
  const [realm, nonce, cnonce] = [told.only('realm'), told.only('nonce'), told.only('cnonce')]
  const agreement = {
    username: 'joe',
    password: PASSWORD,
    realm,
    nonce,
    cnonce,
    uri: told.only('digest-uri'),
  }
  return `rspauth=${proof(agreement, '')}`
}

/** Answers the steps of an exchange in turn; what comes behind them is left to the test. */
function answering(...answers: ((request: Received) => string | null)[]): (peer: Peer) => void {
  return peer => {
    const left = [...answers]
    peer.onRequest = request => {
      const next = request.code === op.sasl.code ? left.shift() : undefined
      if (next) answer(peer, request, next(request))
      return next !== undefined
    }
    peer.accept()
  }
}

const honest = answering(() => CHALLENGE, rspauth)

/** Returns a session with a server of 127.0.0.1 that behaves as told. */
function subject(onConnect: (peer: Peer) => void, options: Partial<SessionOptions> = {}): Subject {
  const world = new Simulation()
  world.onConnect = onConnect
  return new Subject({ sasl: DIGEST, servers: [{ host: '127.0.0.1', port: 1 }], ...options }, world)
}

const saslSteps = ({ requests }: Peer): number => requests.filter(({ code }) => code === op.sasl.code).length

describe('A SASL exchange', () => {
  it('A4 with an honest server ends with `connected`, without a ping before', async () => {
    const { world, session } = await subject(honest).connected()
    expect(session.state).to.equal('connected')
    expect(world.peer.codes).to.deep.equal([op.sasl.code, op.sasl.code])
    await world.advance(2500)
    expect(world.peer.pings).to.equal(1)
  })

  const deceptions: Record<string, [answers: ((request: Received) => string | null)[], reason: RegExp]> = {
    'does not know the password': [[() => CHALLENGE, () => `rspauth=${'0'.repeat(32)}`], /impostor/],
    'says yes without a proof': [[() => CHALLENGE, () => null], /gave this connection no identity/],
    'has no SASL': [[() => null], /the server has no SASL/],
    'sends nonsense': [[() => '\u0000\u0001 nonsense'], /not one of DIGEST-MD5/],
    'sends more than the RFC allows': [[() => `${CHALLENGE},x="${'y'.repeat(3000)}"`], /2047/],
    'sends the proof before it was asked': [[() => 'rspauth=00'], /0 values of algorithm/],
  }
  for (const [what, [answers, reason]] of Object.entries(deceptions)) {
    it(`A5 with a server that ${what} ends the session permanently, and nothing else is sent`, async () => {
      const { world, session, states } = subject(answering(...answers))
      const asked = outcomeOf(session.request(op.getData, { path: '/', watch: false }))
      const ready = outcomeOf(session.ready())
      await world.settle()
      expect(await ready).to.include({ code: 'AUTH_FAILED', outcome: 'rejected', retryable: false })
      expect(String(await ready))
        .to.match(reason)
        .and.contain('SASL DIGEST-MD5 as "joe"')
        .and.contain('127.0.0.1:1')
      expect(await asked).to.include({ code: 'AUTH_FAILED', outcome: 'not-sent' })
      await world.advance(60_000)
      expect(states).to.deep.equal(['auth-failed'])
      expect(world.peers).to.have.lengthOf(1)
      expect(world.peer.codes.every(code => code === op.sasl.code)).to.equal(true)
      expect(world.peer.closed).to.equal(true)
      await session.close()
      expect(world.timers.size).to.equal(0)
    })
  }

  it('A5 that the server answers with an unknown error number is refused, too', async () => {
    const { world, session } = subject(peer => {
      peer.onRequest = request => {
        answer(peer, request, null, -4242)
        return true
      }
      peer.accept()
    })
    const ready = outcomeOf(session.ready())
    await world.settle()
    expect(await ready).to.include({ code: 'AUTH_FAILED' })
    expect(String(await ready)).to.contain('-4242')
  })

  it('A4 that the server ends without an answer fails the attempt, says what it may be, and is tried again', async () => {
    let connections = 0
    const { world, session, failures } = subject(peer => {
      if (++connections === 3) return honest(peer)
      peer.onRequest = () => {
        peer.close()
        return true
      }
      peer.accept()
    })
    await world.advance(2000)
    expect(session.state).to.equal('connected')
    expect(failures).to.have.lengthOf(2)
    expect(failures[0]).to.include({ code: 'CONNECT_FAILED', retryable: true })
    expect(failures[0]!.message).to.match(/"joe".*closed the connection without an answer.*older than 3\.5/)
  })

  it('A4 that the server does not go on with is given up in time', async () => {
    const { world, failures } = subject(peer => {
      peer.onRequest = () => true
      peer.accept()
    })
    await world.advance(6500)
    expect(failures[0]!.message).to.match(/SASL DIGEST-MD5 as "joe": no end within 6000 ms/)
    expect(world.peers[0]!.closed).to.equal(true)
  })

  it('A4 in which the server speaks unasked fails the attempt', async () => {
    const mechanism = { name: 'X-SLOW', start: () => new Promise<never>(() => {}) }
    const { world, failures } = subject(peer => peer.accept(), { sasl: { mechanism } })
    await world.settle()
    world.peer.reply(1)
    await world.settle()
    expect(failures[0]!.message).to.match(
      /SASL X-SLOW: the server sent a message before it was asked for one/,
    )
  })

  it('A4 in which the server answers a request that was not asked fails the attempt', async () => {
    for (const xid of [0, 2, -1, -2, 77]) {
      const { world, failures } = subject(peer => {
        peer.onRequest = () => {
          answer(peer, { xid, code: 0, body: Buffer.alloc(0) }, CHALLENGE)
          return true
        }
        peer.accept()
      })
      await world.settle()
      expect(failures[0]).to.include({ code: 'CONNECT_FAILED' })
      expect(failures[0]!.message).to.contain(`the server answered a request ${xid}, and was asked 1`)
      expect(saslSteps(world.peers[0]!)).to.equal(1)
    }
  })

  it('A4 in which the server sends a huge frame fails the attempt', async () => {
    const { world, failures } = subject(answering(() => 'x'.repeat(200_000)))
    await world.settle()
    expect(failures[0]!.message).to.match(/a frame of 200020 bytes, over the limit of 65536/)
  })

  it('A4 is cut short by `close`, and leaves nothing behind', async () => {
    const { world, session } = subject(
      peer => {
        peer.onRequest = () => true
        peer.accept()
      },
      { closeTimeout: 1000 },
    )
    await world.settle()
    expect(saslSteps(world.peer)).to.equal(1)
    const closed = session.close()
    await world.advance(1000)
    await closed
    expect(world.timers.size).to.equal(0)
    expect(world.open_).to.equal(0)
  })

  it('A5 is not left out because a function returns no options: the attempt fails, and says so', async () => {
    for (const nothing of [undefined, null, {}]) {
      const { world, session, failures } = subject(honest, { sasl: async () => nothing as never })
      await world.settle()
      expect(world.peers).to.have.lengthOf(0)
      expect(session.state).to.equal('connecting')
      expect(failures[0]!.message).to.contain('the sasl options must have a mechanism')
    }
  })

  it('A5 is not left out because there is no password: the attempt fails, and says so', async () => {
    for (const nothing of [undefined, 42]) {
      const sasl = { ...DIGEST, password: async () => nothing as never }
      const { world, failures } = subject(honest, { sasl })
      await world.settle()
      expect(world.peers).to.have.lengthOf(0)
      expect(failures[0]!.message).to.contain('must return text or bytes')
    }
  })
})

/** A mechanism of our own: the server sends a number, the client the number above it, and the server the next one. */
class Counting implements SaslMechanism {
  readonly name = 'X-COUNTING'
  readonly principal = 'abacus'
  exchanges = 0

  async start(): Promise<SaslExchange> {
    this.exchanges++
    let mine = 0
    return {
      async step(challenge) {
        if (challenge.length === 0) return { token: Buffer.from('begin'), isLast: false }
        mine = Number(Buffer.from(challenge).toString()) + 1
        return { token: Buffer.from(String(mine)), isLast: mine > 10 }
      },
      verify(answer) {
        if (Number(Buffer.from(answer ?? []).toString()) !== mine + 1) throw new Error('it cannot count')
      },
    }
  }
}

describe('The SASL mechanism of the page', () => {
  const hmac = (text: string, secret: string): Buffer => createHmac('sha256', secret).update(text).digest()

  /** A server of the mechanism that knows a secret, and what it has received. */
  function server(secret: string): { received: string[]; onConnect: (peer: Peer) => void } {
    const received: string[] = []
    const onConnect = (peer: Peer): void => {
      peer.onRequest = request => {
        if (request.code !== op.sasl.code) return false
        const token = Buffer.from(op.sasl.readRequest(new Reader(request.body)).token!)
        received.push(token.toString('hex'))
        if (token.toString() === 'app') answer(peer, request, 'a challenge')
        else if (!token.equals(hmac('a challenge', secret))) answer(peer, request, null, -115)
        else answer(peer, request, hmac('server a challenge', secret))
        return true
      }
      peer.accept()
    }
    return { received, onConnect }
  }

  it('A4 is there word by word', () => {
    const page = readFileSync(new URL('../../../../docs/connection.md', import.meta.url), 'utf8')
    const source = readFileSync(new URL('../../examples/token-mechanism.ts', import.meta.url), 'utf8')
    const block = `<!-- packages/connection/examples/token-mechanism.ts -->\n\`\`\`ts\n${source}\`\`\`\n`
    expect(page).to.include(block)
  })

  it('A4 authenticates to a server that knows the secret, on each connection', async () => {
    const { received, onConnect } = server('open sesame')
    const { world, session } = await subject(onConnect, {
      sasl: { mechanism: tokenMechanism('open sesame') },
      servers: [{ host: 'far', port: 1 }],
    }).connected()
    world.peer.close()
    await world.advance(500)
    expect(session.state).to.equal('connected')
    const sent = [Buffer.from('app'), hmac('a challenge', 'open sesame')].map(bytes => bytes.toString('hex'))
    expect(received).to.deep.equal([...sent, ...sent])
  })

  it('A5 ends the session where the server does not know it, or refuses', async () => {
    const impostor = answering(
      () => 'a challenge',
      () => 'yes',
    )
    for (const onConnect of [impostor, server('another').onConnect]) {
      const { world, session } = subject(onConnect, { sasl: { mechanism: tokenMechanism('open sesame') } })
      const ready = outcomeOf(session.ready())
      await world.settle()
      expect(await ready).to.include({ code: 'AUTH_FAILED' })
      expect(String(await ready)).to.match(/X-TOKEN as "app": (the server does not know|the server refused)/)
    }
  })
})

describe('A SASL mechanism that others bring', () => {
  const next = (request: Received): string => String(Number(tokenOf(request)) + 1)

  it('A4 takes as many steps as it wants, from the start on each connection, and is verified', async () => {
    const mechanism = new Counting()
    const server = answering(() => '1', next, next, next, next, next, next)
    const { world, session } = await subject(server, { sasl: { mechanism } }).connected()
    expect(world.peer.requests.map(tokenOf)).to.deep.equal(['begin', '2', '4', '6', '8', '10', '12'])
    world.peer.close()
    await world.advance(500)
    expect(session.state).to.equal('connected')
    expect(mechanism.exchanges).to.equal(2)
    expect(world.peers).to.have.lengthOf(2)
  })

  it('A5 ends the session if it does not accept the server', async () => {
    const server = answering(
      () => '11',
      () => '99',
    )
    const { world, session } = subject(server, { sasl: { mechanism: new Counting() } })
    const ready = outcomeOf(session.ready())
    await world.settle()
    expect(String(await ready)).to.match(/SASL X-COUNTING as "abacus": it cannot count/)
  })

  it('A5 is ended by a server that never comes to an end', async () => {
    const server = answering(...Array.from({ length: 100 }, () => () => '1'))
    const { world, session } = subject(server, { sasl: { mechanism: new Counting() } })
    const ready = outcomeOf(session.ready())
    await world.settle()
    await world.settle()
    await world.settle()
    expect(String(await ready)).to.contain('no end after 16 steps')
  })

  it('A4 fails the attempt if it returns what it must not, and shows no token', async () => {
    const step = (): unknown => ({ token: Buffer.from('begin'), isLast: false })
    const verify = (): void => {}
    const wrong: Record<string, unknown[]> = {
      'its start must return { step, verify }': [null, undefined, {}, { step }, { step, verify: 'yes' }],
      'its step must return { token, isLast }': [
        { step: () => undefined, verify },
        { step: () => ({ isLast: false }), verify },
        { step: () => ({ token: 19_283_746, isLast: false }), verify },
        { step: () => ({ token: '19283746', isLast: false }), verify },
        { step: () => ({ token: Buffer.from('19283746') }), verify },
      ],
    }
    for (const [reason, exchanges] of Object.entries(wrong)) {
      for (const exchange of exchanges) {
        const mechanism = { name: 'X-WRONG', start: () => exchange as SaslExchange }
        const { world, failures } = subject(peer => peer.accept(), { sasl: { mechanism } })
        await world.settle()
        expect(failures[0]).to.include({ code: 'CONNECT_FAILED' })
        expect(failures[0]!.message).to.contain(reason).and.not.contain('19283746')
        expect(saslSteps(world.peers[0]!)).to.equal(0)
      }
    }
  })

  it('A4 may tell its identity as anything, or fail to', async () => {
    const broken = {
      get principal(): string {
        throw new Error('unknown')
      },
    }
    for (const told of [{ principal: 1n as never }, broken]) {
      const step = (): never => {
        throw new Error('the ticket has expired')
      }
      const start = (): SaslExchange => Object.assign(Object.create(told), { step, verify() {} })
      const { world, failures } = subject(peer => peer.accept(), {
        sasl: { mechanism: { name: 'X-ODD', start } },
      })
      await world.settle()
      expect(failures[0]!.message).to.contain(
        'SASL X-ODD: the exchange could not begin: the ticket has expired',
      )
    }
  })

  it('A4 that cannot begin fails the attempt, and begins again at the next', async () => {
    const mechanism = new Counting()
    const start = mechanism.start.bind(mechanism)
    mechanism.start = () =>
      mechanism.exchanges++ < 2 ? Promise.reject(new Error('the ticket has expired')) : start()
    const server = answering(() => '11', next)
    const { world, session, failures } = subject(server, { sasl: { mechanism } })
    await world.advance(1500)
    expect(session.state).to.equal('connected')
    expect(failures.map(({ code, message }) => [code, message])).to.deep.equal(
      Array.from({ length: 2 }, () => [
        'CONNECT_FAILED',
        'CONNECT_FAILED: 127.0.0.1:1: SASL X-COUNTING as "abacus": the exchange could not begin: the ticket has expired',
      ]),
    )
  })

  it('A6 that sends nothing worth guessing needs no private connection', async () => {
    const server = answering(() => '11', next)
    const servers = [{ host: 'far', port: 1 }]
    await subject(server, { sasl: { mechanism: new Counting() }, servers }).connected()
  })
})
