import { op, Reader, Xid } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Simulation, Subject } from '../support/simulation.ts'

/** A secret that is there when the test says so, each time it is asked for. */
class Vault {
  readonly asked: { resolve(secret: Uint8Array): void; reject(error: Error): void }[] = []
  readonly ask = (): Promise<Uint8Array> =>
    new Promise((resolve, reject) => void this.asked.push({ resolve, reject }))
}

const presented = (peer: Peer): string[] =>
  peer.auths.map(body => String(op.auth.readRequest(new Reader(body)).auth))

describe('A secret that a function provides', () => {
  it('A1 is not kept if the function fails: addAuth rejects with the reason, and the session reconnects without it', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const reason = new Error('the vault is sealed')
    expect(await outcomeOf(session.addAuth('ip', () => Promise.reject(reason)))).to.equal(reason)
    world.peer.close()
    await world.advance(300)
    expect(session.state).to.equal('connected')
    expect(subject.failures).to.deep.equal([])
  })

  it('A1 is presented once on a connection, and asked for once for each', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const vault = new Vault()
    const added = session.addAuth('ip', vault.ask)
    world.peer.close()
    await world.advance(300)
    // The new connection waits for what was asked already.
    expect(vault.asked).to.have.lengthOf(1)
    vault.asked[0]!.resolve(Buffer.from('first'))
    await world.settle()
    await added
    expect(session.state).to.equal('connected')
    expect(presented(world.peer)).to.deep.equal(['first'])
    world.peer.close()
    await world.advance(300)
    expect(vault.asked).to.have.lengthOf(2)
    vault.asked[1]!.resolve(Buffer.from('second'))
    await world.settle()
    expect(presented(world.peer)).to.deep.equal(['second'])
  })

  it('A1 is asked for once before the first connection, which presents it', async () => {
    const subject = new Subject()
    const { world, session } = subject
    const vault = new Vault()
    const added = session.addAuth('ip', vault.ask)
    vault.asked[0]!.resolve(Buffer.from('first'))
    await subject.connected()
    await added
    expect(vault.asked).to.have.lengthOf(1)
    expect(presented(world.peer)).to.deep.equal(['first'])
  })

  it('A1 that fails at a reconnect fails that attempt, and is asked for again at the next', async () => {
    const subject = await new Subject().connected()
    const { world, session, failures } = subject
    const vault = new Vault()
    const added = session.addAuth('ip', vault.ask)
    vault.asked[0]!.resolve(Buffer.from('1'))
    await added
    world.peer.close()
    await world.advance(300)
    vault.asked[1]!.reject(new Error('the vault is sealed'))
    await world.advance(600)
    expect(failures.map(({ code, message }) => [code, /vault/.test(message)])).to.deep.equal([
      ['CONNECT_FAILED', true],
    ])
    vault.asked[2]!.resolve(Buffer.from('3'))
    await world.settle()
    expect(session.state).to.equal('connected')
    expect(presented(world.peer)).to.deep.equal(['3'])
  })

  it('A1 that does not come is awaited no longer than a server would be', async () => {
    const subject = await new Subject().connected()
    const { world, session, failures } = subject
    const vault = new Vault()
    const added = outcomeOf(session.addAuth('ip', vault.ask))
    world.peer.close()
    await world.advance(7000)
    expect(failures[0]).to.include({ code: 'CONNECT_FAILED' })
    expect(world.peers).to.have.lengthOf(1)
    const closed = session.close()
    await world.advance(5000)
    await closed
    expect(await added).to.include({ code: 'CLOSED' })
    expect(world.timers.size).to.equal(0)
  })

  it('A1 and a secret that is known: a new connection presents both in the order of the calls', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const vault = new Vault()
    const added = Promise.all([
      session.addAuth('ip', vault.ask),
      session.addAuth('ip', Buffer.from('at hand')),
    ])
    vault.asked[0]!.resolve(Buffer.from('from the vault'))
    await added
    world.peer.close()
    await world.advance(300)
    vault.asked[1]!.resolve(Buffer.from('from the vault'))
    await world.settle()
    expect(presented(world.peer)).to.deep.equal(['from the vault', 'at hand'])
  })
})

describe('A secret', () => {
  it('A1 that is text is sent as UTF-8, also if a function answers it', async () => {
    const { world, session } = await new Subject().connected()
    await Promise.all([session.addAuth('ip', 'jürgen'), session.addAuth('ip', async () => 'пароль')])
    expect(presented(world.peer)).to.deep.equal(['jürgen', 'пароль'])
  })

  it('A1 that is neither text nor bytes is refused, and nothing is sent', async () => {
    const { world, session } = await new Subject().connected()
    for (const wrong of [42, null, undefined, {}]) {
      for (const secret of [wrong, () => wrong, async () => wrong]) {
        expect(await outcomeOf(session.addAuth('ip', secret as never))).to.include({ code: 'BAD_ARGUMENTS' })
      }
    }
    expect(presented(world.peer)).to.deep.equal([])
    world.peer.close()
    await world.advance(300)
    expect(session.state).to.equal('connected')
    expect(presented(world.peer)).to.deep.equal([])
  })

  it('A1 that is given twice counts once, and both calls get the same answer', async () => {
    const { world, session } = await new Subject().connected()
    const ask = (): string => 'asked'
    const twice = (): Promise<void>[] => [
      session.addAuth('ip', 'x'),
      session.addAuth('ip', Buffer.from('x')),
      session.addAuth('ip', ask),
      session.addAuth('ip', ask),
    ]
    await Promise.all([...twice(), ...twice()])
    await Promise.all(twice())
    expect(presented(world.peer)).to.deep.equal(['x', 'asked'])
    await session.addAuth('ensemble', 'x')
    world.peer.close()
    await world.advance(300)
    expect(presented(world.peer)).to.deep.equal(['x', 'asked', 'x'])
  })

  it('A1 that was taken off is not presented on the next connection', async () => {
    const { world, session } = await new Subject().connected()
    const ask = (): string => 'asked'
    await Promise.all([
      session.addAuth('ip', 'kept'),
      session.addAuth('ip', 'gone'),
      session.addAuth('ip', ask),
      session.addAuth('ensemble', 'one'),
      session.addAuth('ensemble', 'two'),
    ])
    expect(session.removeAuth('ip', Buffer.from('gone'))).to.equal(true)
    expect(session.removeAuth('ip', ask)).to.equal(true)
    expect(session.removeAuth('ip', 'gone')).to.equal(false)
    expect(session.removeAuth('ensemble')).to.equal(true)
    expect(session.removeAuth('ensemble')).to.equal(false)
    world.peer.close()
    await world.advance(300)
    expect(presented(world.peer)).to.deep.equal(['kept'])
  })

  it('A1 that is taken off before an answer settles its caller, and the answer is not taken for that of another', async () => {
    const { world, session } = await new Subject().connected()
    world.peer.onFrame = ({ code }) => code === op.auth.code
    const [first, second] = [
      outcomeOf(session.addAuth('ip', 'first')),
      outcomeOf(session.addAuth('ip', 'second')),
    ]
    session.removeAuth('ip', 'first')
    expect(await first).to.include({ code: 'ABORTED' })
    let isAnswered = false
    void second.then(() => (isAnswered = true))
    world.peer.reply(-4)
    await world.settle()
    expect(isAnswered).to.equal(false)
    world.peer.reply(-4)
    expect(await second).to.equal(undefined)
  })

  for (const [how, end] of [
    ['taken off', ({ session }: Subject) => session.removeAuth('ip')],
    ['left by a session that closes', ({ session }: Subject) => session.close()],
  ] as const) {
    it(`A1 that is ${how} before an answer tells if it was sent`, async () => {
      for (const outcome of ['unknown', 'not-sent']) {
        const subject = await new Subject({ closeTimeout: 100 }).connected()
        const { world, session } = subject
        world.peer.onFrame = () => true
        world.onConnect = () => {}
        if (outcome === 'not-sent') world.peer.close()
        const added = outcomeOf(session.addAuth('ip', 'secret'))
        await world.settle()
        void end(subject)
        await world.advance(200)
        expect(await added).to.include({ outcome })
        void session.close()
        await world.advance(200)
      }
    })
  }

  for (const [code, outcome, end] of [
    ['SESSION_EXPIRED', 'unknown', (peer: Peer) => peer.reply(1, -112)],
    ['AUTH_FAILED', 'rejected', (peer: Peer) => peer.reply(Xid.auth, -115)],
  ] as const) {
    it(`A1 that was not sent is told so where the session ends with ${code}, whatever becomes of others`, async () => {
      const subject = await new Subject({ renew: false }).connected()
      const { world, session } = subject
      world.peer.onFrame = frame => frame.code === op.auth.code
      const adding = [session.addAuth('ip', new Vault().ask), session.addAuth('ip', 'sent')].map(outcomeOf)
      const asked = outcomeOf(subject.getData())
      await world.settle()
      end(world.peer)
      await asked
      const [waiting, sent] = await Promise.all(adding)
      expect(waiting).to.include({ code, operation: 'auth', outcome: 'not-sent' })
      expect(sent).to.include({ code, operation: 'auth', outcome })
    })
  }

  it('A1 that was sent, and that the next connection may not carry, may have been taken', async () => {
    const servers = [
      { host: '127.0.0.1', port: 1 },
      { host: '192.0.2.1', port: 1 },
    ]
    const { world, session } = await new Subject({ servers }).connected()
    world.peer.onFrame = () => true
    const added = outcomeOf(session.addAuth('digest', 'a:b'))
    await world.settle()
    world.peer.close()
    await world.advance(300)
    expect(await added).to.include({ code: 'INSECURE_AUTH', outcome: 'unknown' })
  })

  it('A1 that is taken off while its function is asked is not presented when it comes', async () => {
    const { world, session } = await new Subject().connected()
    const vault = new Vault()
    const added = outcomeOf(session.addAuth('ip', vault.ask))
    session.removeAuth('ip', vault.ask)
    expect(await added).to.include({ code: 'ABORTED' })
    vault.asked[0]!.resolve(Buffer.from('late'))
    await world.settle()
    expect(presented(world.peer)).to.deep.equal([])
  })

  it('A2 that the server refuses ends the session with an error that names the scheme', async () => {
    const { world, session } = await new Subject({ allowInsecureAuth: true }).connected()
    world.peer.answerAuth = -115
    const error = await outcomeOf(session.addAuth('runes', 'mellon'))
    expect(error).to.include({ code: 'AUTH_FAILED', errno: -115, outcome: 'rejected' })
    expect(String(error)).to.contain('the scheme "runes"').and.not.contain('mellon')
    expect(await outcomeOf(session.ready())).to.equal(error)
  })
})

describe('TLS options that a function provides', () => {
  for (const [kind, nothing] of Object.entries({
    undefined: undefined,
    null: null,
    string: 'plain',
    boolean: false,
  })) {
    it(`A6 are demanded: with ${kind} nothing is dialled, and the failure says so`, async () => {
      const world = new Simulation()
      const { session, failures } = new Subject({ tls: () => nothing as never }, world)
      await world.advance(1000)
      expect(world.peers).to.have.lengthOf(0)
      expect(session.state).to.equal('connecting')
      expect(failures[0]).to.include({ code: 'CONNECT_FAILED' })
      expect(failures[0]!.message).to.contain(`the tls function must return Node's TLS options, not ${kind}`)
    })
  }

  it('A6 are demanded of the probe that looks for a server which takes writes, too', async () => {
    let answers = 0
    const world = new Simulation()
    world.onConnect = peer => {
      peer.readOnly = true
      peer.accept()
    }
    const servers = ['a', 'b'].map(host => ({ host, port: 1 }))
    // The first answer is for the connection; those behind it are for the probe.
    const tls = (): never => (answers++ === 0 ? {} : undefined) as never
    const { session } = new Subject({ tls, servers, readOnly: true }, world)
    await world.advance(3000)
    expect(session.state).to.equal('read-only')
    expect(answers).to.be.greaterThan(1)
    expect(world.peers).to.have.lengthOf(1)
  })
})
