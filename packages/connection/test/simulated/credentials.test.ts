import { op, Reader } from '@zookit/jute'
import { expect } from 'chai'
import { outcomeOf, type Peer, Subject } from '../support/simulation.ts'

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

  it('A1 is presented once on a connection, however often it was asked for meanwhile', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const vault = new Vault()
    const added = session.addAuth('ip', vault.ask)
    world.peer.close()
    await world.advance(300)
    expect(vault.asked).to.have.lengthOf(2)
    vault.asked[1]!.resolve(Buffer.from('second'))
    await world.settle()
    await added
    expect(session.state).to.equal('connected')
    vault.asked[0]!.resolve(Buffer.from('first'))
    await world.settle()
    expect(presented(world.peer)).to.deep.equal(['second'])
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
    await session.close()
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
