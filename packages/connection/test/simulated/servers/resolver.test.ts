import { expect } from 'chai'
import type { SessionOptions } from '../../../src/index.ts'
import { Simulation, Subject } from '../../support/simulation.ts'

const never = (): Promise<never> => new Promise(() => {})
const SRV = { srv: '_zookeeper.example.com', servers: [] }

describe('A resolver that hangs', () => {
  it('X2 leaves no timer behind when the session is closed meanwhile', async () => {
    const hanging: [string, Partial<Simulation>, Partial<SessionOptions>][] = [
      ['a name', { resolve: never }, {}],
      ['an SRV record', { resolveSrv: never }, SRV],
      ['TLS options', {}, { tls: never }],
    ]
    for (const [what, hang, options] of hanging) {
      const world = Object.assign(new Simulation(), hang)
      const { session } = new Subject(options, world)
      await world.settle()
      expect(world.timers.size, what).to.equal(1)
      await session.close()
      expect(world.timers.size, what).to.equal(0)
      await world.advance(100_000)
      expect(world.peers, what).to.have.lengthOf(0)
    }
  })

  it('O2 does not end the search for a server that takes writes', async () => {
    const world = new Simulation()
    world.onConnect = peer => {
      peer.readOnly = true
      peer.accept()
    }
    const servers = ['a', 'b', 'c'].map(host => ({ host, port: 1 }))
    const { session } = new Subject({ servers, readOnly: true }, world)
    await world.settle()
    expect(session.state).to.equal('read-only')
    const asked: string[] = []
    world.resolve = host => {
      asked.push(host)
      return never()
    }
    await world.advance(10_000)
    expect(asked.slice(0, 4)).to.deep.equal(['b', 'c', 'b', 'c'])
    await session.close()
    expect(world.timers.size).to.equal(0)
  })

  it('O2 is not awaited by close', async () => {
    const world = new Simulation()
    world.onConnect = peer => {
      peer.readOnly = true
      peer.accept()
    }
    const servers = ['a', 'b'].map(host => ({ host, port: 1 }))
    const { session } = new Subject({ servers, readOnly: true }, world)
    await world.settle()
    world.resolve = never
    await world.advance(100)
    await session.close()
    expect(world.timers.size).to.equal(0)
    expect(world.open_).to.equal(0)
  })
})

describe('An SRV record', () => {
  it('D3 that is answered after updateServers changes nothing', async () => {
    const world = new Simulation()
    let answer: (records: { host: string; port: number }[]) => void = () => {}
    world.resolveSrv = () => new Promise(resolve => (answer = resolve))
    const { session } = new Subject(SRV, world)
    await world.settle()
    session.updateServers([{ host: 'by-hand', port: 1 }])
    answer([{ host: 'by-srv', port: 1 }])
    await world.advance(1000)
    expect(session.server).to.deep.equal({ host: 'by-hand', port: 1 })
    expect(world.peers).to.have.lengthOf(1)
  })
})
