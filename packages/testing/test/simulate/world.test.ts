import { connect, type ZooKeeper, type ZooKeeperError } from '@zookit/client'
import type { TransportTarget } from '@zookit/connection'
import { expect } from 'chai'
import { StandstillError, World, type WorldOptions } from '../../src/simulate/index.ts'
import type { Transport as ServerTransport } from '../../src/transport/transport.ts'

const options: WorldOptions = { seed: 7, network: { latency: 20, cutting: 0.5 } }

/** Returns a client that writes through two lost connections, in a world of its own. */
async function live(world: World): Promise<string[]> {
  const server = await world.server()
  const zk = await connect(server.hosts, {
    environment: world.process('a').environment,
    sessionTimeout: 3000,
  })
  const seen: string[] = []
  zk.on('state', state => seen.push(`${world.now.toFixed(3)} ${state}`))
  await zk.create('/a', 'x')
  for (let i = 0; i < 20; i++) {
    await world.sleep(100)
    if (i % 10 === 5) world.network.reset({ process: 'a' })
    await zk.setData('/a', String(i)).catch(error => seen.push(`${i} ${error.code}`))
  }
  await zk.close()
  await server.stop()
  return seen
}

function isOpen(zk: ZooKeeper): boolean {
  return zk.state === 'connected'
}

describe('A simulated world', () => {
  it('carries a client and a server without real time or sockets', async () => {
    const world = new World(options)
    const started = process.hrtime.bigint()
    const seen = await world.run(() => live(world))
    expect(seen.filter(line => line.endsWith('suspended'))).to.have.length(2)
    expect(world.now).to.be.greaterThan(2000)
    expect(world.processes[0]!.resources).to.deep.equal({ timers: 0, sockets: 0 })
    expect(process.hrtime.bigint() > started).to.equal(true)
  })

  it('is the same, byte by byte, for the same seed, and another for another seed', async () => {
    const first = new World(options)
    const again = new World(options)
    const other = new World({ ...options, seed: 8 })
    const seen = await first.run(() => live(first))
    expect(await again.run(() => live(again))).to.deep.equal(seen)
    expect(again.fingerprint).to.equal(first.fingerprint)
    await other.run(() => live(other))
    expect(other.fingerprint).to.not.equal(first.fingerprint)
  })

  it('fails with a message when a scenario waits for what never happens', async () => {
    const world = new World(options)
    const error = await world.run(() => new Promise(() => {})).catch((e: unknown) => e)
    expect(error).to.be.instanceOf(StandstillError)
  })

  for (const by of ['end', 'destroy', 'client'] as const) {
    it(`tells a server's connection that it is closed: ${by}`, async () => {
      const world = new World(options)
      let closed = 0
      await world.run(async () => {
        let transport: ServerTransport | undefined
        world.network.listen('10.9.9.9:1', given => {
          transport = given
          return { receive() {}, onDrain() {}, onClose: () => void closed++ }
        })
        const handler = {
          onOpen() {},
          space: () => Buffer.alloc(10),
          onBytes: () => true,
          onDrain() {},
          onClose() {},
        }
        const { environment } = world.process('a')
        const target: TransportTarget = { address: '10.9.9.9', host: '10.9.9.9', port: 1, tls: null }
        const client = environment.open(target, handler)
        await world.sleep(100)
        if (by === 'end') transport!.end()
        else if (by === 'destroy') transport!.destroy(true)
        else client.destroy()
        await world.sleep(100)
      })
      expect(closed).to.equal(1)
    })
  }

  it('carries as many bytes as its rate allows, and a client sees that they make progress', async () => {
    const world = new World({ seed: 3, network: { rate: 2000 } })
    await world.run(async () => {
      const server = await world.server({ seed: { a: '' } })
      const zk = await connect(server.hosts, {
        environment: world.process('a').environment,
        sessionTimeout: 6000,
      })
      const before = world.now
      await Promise.all(Array.from({ length: 24 }, () => zk.setData('/a', Buffer.alloc(1_000_000))))
      expect(world.now - before).to.be.within(12_000, 13_000)
      await zk.close()
    })
  })

  it('carries what waits to be sent at the new rate when the rate has changed', async () => {
    const world = new World(options)
    await world.run(async () => {
      const server = await world.server({ seed: { a: '' } })
      const zk = await connect(server.hosts, {
        environment: world.process('a').environment,
        sessionTimeout: 30_000,
      })
      const before = world.now
      // At first it would take 10 s, then 100 s; a tenth is sent by the first change, and as much by the second.
      world.network.slow({ process: 'a' }, 100)
      const written = zk.setData('/a', Buffer.alloc(1_000_000)).then(() => world.now - before)
      await world.sleep(1000)
      world.network.slow({ process: 'a' }, 10)
      await world.sleep(10_000)
      expect(server.dump()).to.deep.equal({ '/a': '' })
      world.network.heal()
      expect(await written).to.be.within(11_000, 11_100)
      await zk.close()
    })
  })

  it('tells of a reset as soon as the network is healed, though much was under way', async () => {
    const world = new World(options)
    await world.run(async () => {
      const server = await world.server({ seed: { a: 'x'.repeat(1_000_000) } })
      const zk = await connect(server.hosts, {
        environment: world.process('a').environment,
        sessionTimeout: 30_000,
      })
      world.network.slow({ process: 'a' }, 10)
      const read = zk.getData('/a').catch((error: ZooKeeperError) => `${error.code} at ${world.now}`)
      await world.sleep(1000)
      world.network.reset({ process: 'a' })
      world.network.heal()
      const { now } = world
      expect(await read).to.match(/^CONNECTION_LOSS/)
      expect(world.now - now).to.be.lessThan(100)
      await zk.close()
    })
  })

  it('keeps what a blocked network carries, and refuses no connection meanwhile', async () => {
    const world = new World(options)
    await world.run(async () => {
      const server = await world.server()
      const zk = await connect(server.hosts, {
        environment: world.process('a').environment,
        sessionTimeout: 30_000,
      })
      world.network.block({ process: 'a' })
      const created = zk.create('/late')
      await world.sleep(1000)
      expect(server.dump()).to.deep.equal({})
      world.network.heal()
      expect(await created).to.equal('/late')
      expect(isOpen(zk)).to.equal(true)
      await zk.close()
    })
  })

  it('expires the session of a process that was killed', async () => {
    const world = new World(options)
    await world.run(async () => {
      const ensemble = await world.ensemble()
      const doomed = world.process('doomed')
      const zk = await connect(ensemble.hosts, { environment: doomed.environment, sessionTimeout: 2000 })
      await zk.create('/here', null, { mode: 'ephemeral' })
      doomed.kill()
      expect(ensemble.leader!.dump()).to.have.property('/here')
      await world.sleep(5000)
      expect(ensemble.leader!.dump()).to.not.have.property('/here')
    })
  })

  it('runs the due timers of a stalled process before its reads', async () => {
    const world = new World(options)
    await world.run(async () => {
      const server = await world.server()
      const process = world.process('a')
      const zk = await connect(server.hosts, { environment: process.environment, sessionTimeout: 6000 })
      const order: string[] = []
      const read = zk.exists('/').then(() => order.push('reply'))
      process.environment.setTimer(() => order.push('timer'), 500)
      process.stall(1000)
      await world.sleep(2000)
      await read
      expect(order).to.deep.equal(['timer', 'reply'])
      await zk.close()
    })
  })

  it('stops the clocks of a suspended process, but not the expiry of its session', async () => {
    const world = new World(options)
    await world.run(async () => {
      const server = await world.server()
      const process = world.process('a')
      const zk = await connect(server.hosts, { environment: process.environment, sessionTimeout: 2000 })
      const before = process.environment.now()
      const states: string[] = []
      zk.on('state', state => states.push(state))
      process.suspend(10_000)
      await world.sleep(12_000)
      expect(process.environment.now() - before).to.be.lessThan(2500)
      expect(states).to.include('expired')
      await zk.close()
    })
  })
})
