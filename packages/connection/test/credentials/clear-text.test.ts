import { expect } from 'chai'
import { outcomeOf, Simulation, Subject } from '../support/simulation.ts'

/** The schemes whose proof is no secret. */
const OPEN = ['ip', 'x509', 'ensemble']
/** Schemes that send a secret, or may: `runes` stands for a provider that only the server knows. */
const SECRET = ['digest', 'runes', 'super', 'sasl', 'world', 'DIGEST']

const near = { servers: [{ host: '127.0.0.1', port: 1 }] }
const far = [{ host: '192.0.2.7', port: 1 }]

describe('A credential', () => {
  for (const scheme of SECRET) {
    it(`A6 of the scheme ${JSON.stringify(scheme)} is not sent in clear text to another machine, at first or later`, async () => {
      const { world, session } = await new Subject({ servers: far }).connected()
      for (const secret of ['mellon', Buffer.from('mellon'), async () => 'mellon']) {
        const error = await outcomeOf(session.addAuth(scheme, secret))
        expect(error).to.include({ code: 'INSECURE_AUTH', outcome: 'not-sent' })
        expect(String(error))
          .to.contain(scheme === 'digest' ? 'a digest password' : `the scheme ${JSON.stringify(scheme)}`)
          .and.not.contain('mellon')
      }
      expect(world.peer.auths).to.deep.equal([])
      world.peer.close()
      await world.advance(300)
      expect(session.state).to.equal('connected')
      expect(world.peer.auths).to.deep.equal([])
    })

    it(`A6 of the scheme ${JSON.stringify(scheme)} that was accepted keeps the session from servers elsewhere`, async () => {
      const { world, session, failures } = await new Subject(near).connected()
      await session.addAuth(scheme, 'mellon')
      session.updateServers(far)
      await world.advance(2000)
      expect(failures[0]).to.include({ code: 'INSECURE_AUTH', outcome: 'not-sent' })
      expect(failures[0]!.message).to.contain('192.0.2.7:1').and.contain(scheme)
      expect(world.peer.target.address).to.equal('192.0.2.7')
      expect(world.peer.handshake).to.equal(null)
    })
  }

  it('A6 goes to any server if it is no secret, or if that is allowed', async () => {
    const { world, session } = await new Subject({ servers: far }).connected()
    for (const scheme of OPEN) await session.addAuth(scheme, 'x')
    expect(world.peer.auths).to.have.lengthOf(OPEN.length)
    const told = await new Subject({ servers: far, allowInsecureAuth: true }).connected()
    for (const scheme of SECRET) await told.session.addAuth(scheme, 'x')
    expect(told.world.peer.auths).to.have.lengthOf(SECRET.length)
  })

  it('A6 goes over TLS to any server', async () => {
    const { world, session } = await new Subject({ servers: far, tls: {} }).connected()
    for (const scheme of SECRET) await session.addAuth(scheme, 'x')
    expect(world.peer.auths).to.have.lengthOf(SECRET.length)
  })
})

describe('A function that returns text which UTF-8 does not have', () => {
  it('A6 adds no credential: another secret would be sent in its place', async () => {
    const { world, session } = await new Subject(near).connected()
    expect(await outcomeOf(session.addAuth('digest', () => 'joe:\ud800'))).to.include({
      code: 'BAD_ARGUMENTS',
    })
    expect(world.peer.auths).to.deep.equal([])
  })
})

describe('An address that is not one of this machine', () => {
  for (const address of [
    '128.0.0.1',
    '::2',
    '127.0.0.999',
    '127.0.0.01',
    '127.0.0.1.example',
    'localhost',
    '::ffff:1.127.0.0',
  ]) {
    it(`A6 gets no password: ${address}`, async () => {
      const world = new Simulation()
      world.resolve = async () => [address]
      const { session } = await new Subject({ servers: [{ host: 'name', port: 1 }] }, world).connected()
      expect(await outcomeOf(session.addAuth('digest', 'a:b'))).to.include({ code: 'INSECURE_AUTH' })
    })
  }
})

describe('Invalid TLS options', () => {
  for (const none of [undefined, null, {}]) {
    it(`A6 are refused as a promise that was not awaited: ${JSON.stringify(none)}`, () => {
      const world = new Simulation()
      const make = (): unknown => new Subject({ ...near, tls: Promise.resolve(none) as never }, world)
      expect(make).to.throw(/BAD_ARGUMENTS \(Session\): the option tls must be Node's TLS options/)
      expect(world.peers).to.have.lengthOf(0)
    })
  }

  for (const none of [false, 0, '', 'plain', true]) {
    it(`A6 are refused before anything is dialled: ${JSON.stringify(none)}`, () => {
      const world = new Simulation()
      const make = (): unknown => new Subject({ ...near, tls: none as never }, world)
      expect(make).to.throw(/BAD_ARGUMENTS \(Session\): the option tls must be Node's TLS options/)
      expect(world.peers).to.have.lengthOf(0)
    })

    it(`A6 open no connection in clear text when a function returns them: ${JSON.stringify(none)}`, async () => {
      const { world, failures } = new Subject({ ...near, tls: () => none as never })
      await world.advance(1000)
      expect(world.peers).to.have.lengthOf(0)
      expect(failures[0]).to.include({ code: 'CONNECT_FAILED' })
    })
  }
})
