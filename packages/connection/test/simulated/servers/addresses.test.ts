import { expect } from 'chai'
import type { SessionOptions } from '../../../src/index.ts'
import { type Peer, Simulation, Subject } from '../../support/simulation.ts'

// The session timeout is 6000 ms throughout.

const FOUR = ['10.0.0.1', '10.0.0.2', '10.0.0.3']
const SIX = ['fd00::1', 'fd00::2']

/** Returns a world in which every name has these addresses. */
function named(addresses: readonly string[]): Simulation {
  const world = new Simulation()
  world.resolve = async () => [...addresses]
  return world
}

function mute(peer: Peer): void {
  peer.alive = false
  peer.accept()
}

function subjectOn(world: Simulation, options: Partial<SessionOptions> = {}): Subject {
  return new Subject({ shuffle: true, ...options }, world)
}

const addressesOf = (world: Simulation): string[] => world.peers.map(({ target }) => target.address)

describe('A name with several addresses', () => {
  it('H4 gives each address an equal part of the deadline, and tries all within one session timeout', async () => {
    const world = named(FOUR)
    world.onConnect = mute
    subjectOn(world)
    await world.advance(1999)
    expect(world.peers.map(({ closed }) => closed)).to.deep.equal([false])
    await world.advance(1)
    expect(world.peers.map(({ closed }) => closed)).to.deep.equal([true, false])
    await world.advance(3999)
    expect(new Set(addressesOf(world))).to.deep.equal(new Set(FOUR))
    expect(world.peers).to.have.lengthOf(3)
  })

  it('spreads many clients over its addresses, and keeps the order of the resolver with shuffle: false', async () => {
    for (const shuffle of [true, false]) {
      const world = named(FOUR)
      for (let i = 0; i < 60; i++) subjectOn(world, { shuffle })
      await world.settle()
      const counts = FOUR.map(address => addressesOf(world).filter(used => used === address).length)
      if (shuffle) for (const count of counts) expect(count).to.be.within(10, 30)
      else expect(counts).to.deep.equal([60, 0, 0])
    }
  })

  it('R4 begins with the address after the one that failed last, after a lost connection and after an attempt', async () => {
    for (const shuffle of [true, false]) {
      const world = named(FOUR)
      const subject = await subjectOn(world, { shuffle }).connected()
      for (let i = 0; i < 10; i++) {
        const { address } = world.peer.target
        world.peer.close()
        await world.advance(300)
        expect(subject.session.state).to.equal('connected')
        expect(world.peer.target.address).to.not.equal(address)
      }
      world.onConnect = peer => peer.close()
      world.peer.close()
      await world.advance(1)
      const before = world.peers.length
      await world.advance(1000)
      const tried = addressesOf(world).slice(before)
      expect(tried.length).to.be.greaterThan(3)
      for (let i = 1; i < tried.length; i++) expect(tried[i]).to.not.equal(tried[i - 1])
    }
  })

  it('R1 keeps the session if its address stops answering and another one works', async () => {
    const world = named(['10.0.0.1', '10.0.0.2'])
    const subject = await subjectOn(world, { shuffle: false }).connected()
    world.onConnect = peer => (peer.target.address === '10.0.0.1' ? mute(peer) : peer.accept())
    world.peer.alive = false
    await world.advance(4500)
    expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
    expect(world.peer.target.address).to.equal('10.0.0.2')
  })

  it('tries an address of the other family too if a connection does not open within 250 ms', async () => {
    const world = named([...SIX, ...FOUR])
    world.onConnect = peer => peer.target.address.includes('.') && peer.accept()
    const subject = subjectOn(world, { shuffle: false })
    await world.advance(249)
    expect(addressesOf(world)).to.deep.equal(['fd00::1'])
    await world.advance(1)
    expect(addressesOf(world)).to.deep.equal(['fd00::1', '10.0.0.1'])
    expect(subject.session.state).to.equal('connected')
    expect(world.peers.map(({ closed }) => closed)).to.deep.equal([true, false])
    await subject.session.close()
    expect(world.timers.size).to.equal(0)
  })

  it('shakes hands with one address at a time, and comes back to a slow one when the fast one refuses', async () => {
    const world = named(['fd00::1', '10.0.0.1'])
    world.onConnect = peer => {
      const isFast = peer.target.address === '10.0.0.1'
      world.setTimer(() => !peer.closed && peer.accept(), isFast ? 1 : 400)
      peer.alive = !isFast
      if (isFast) world.setTimer(() => peer.close(), 300)
    }
    const subject = subjectOn(world, { shuffle: false })
    let together = 0
    for (let i = 0; i < 150; i++) {
      await world.advance(10)
      together = Math.max(together, world.peers.filter(peer => peer.handshake && !peer.closed).length)
    }
    expect(together).to.equal(1)
    expect(addressesOf(world)).to.deep.equal(['fd00::1', '10.0.0.1', 'fd00::1'])
    expect(subject.session.state).to.equal('connected')
    expect(subject.failures.map(({ code }) => code)).to.deep.equal(['HANDSHAKE_REFUSED'])
  })

  it('tells of a name that has no address, and tries it again', async () => {
    const world = named([])
    const subject = subjectOn(world)
    await world.advance(2000)
    expect(subject.failures.length).to.be.greaterThan(2)
    for (const error of subject.failures) {
      expect(error).to.include({ code: 'CONNECT_FAILED', retryable: true })
      expect(error.message).to.contain('a:1').and.contain('no address')
    }
    world.resolve = async () => ['10.0.0.1']
    await world.advance(2000)
    expect(subject.session.state).to.equal('connected')
  })
})

describe('A handshake while the event loop was blocked', () => {
  it('B4 that was answered meanwhile is not discarded', async () => {
    const world = new Simulation()
    world.onConnect = mute
    const subject = subjectOn(world)
    await world.settle()
    world.peer.answerHandshake()
    world.peer.alive = true
    await world.standStill(30_000)
    expect(subject.states).to.deep.equal(['connected'])
    expect(world.peers).to.have.lengthOf(1)
  })

  it('B4 that could not even be sent gets as much time again, once', async () => {
    const world = new Simulation()
    world.onConnect = () => {}
    subjectOn(world)
    await world.settle()
    const { peer } = world
    await world.standStill(20_000)
    peer.alive = false
    peer.accept()
    await world.advance(5999)
    expect(peer.closed).to.equal(false)
    await world.advance(2)
    expect(peer.closed).to.equal(true)
  })
})
