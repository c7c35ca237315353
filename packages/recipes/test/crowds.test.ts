import { type ConnectOptions, connect, type ZooKeeper } from '@zookit/client'
import type { TestServer } from '@zookit/testing'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { Config, Lease, SharedValue } from '../src/index.ts'

/** Calls that each client makes at once. */
const CALLS = 60

interface Crowd {
  readonly server: TestServer
  readonly clients: readonly ZooKeeper[]
}

/** Lets two clients with a narrow window on a slow network do something, in a world of a given time. */
async function inWorld(
  scenario: (crowd: Crowd) => Promise<void>,
  limit: number,
  options: ConnectOptions = {},
): Promise<void> {
  const world = new World({ seed: 1, network: { latency: 100 } })
  const run = async (): Promise<void> => {
    const server = await world.server({ seed: { value: '0', config: { a: '0' }, leases: {} } })
    const open = (name: string): Promise<ZooKeeper> =>
      connect(server.hosts, { environment: world.process(name).environment, maxInFlight: 3, ...options })
    const clients = [await open('ann'), await open('bob')]
    await scenario({ server, clients })
    for (const zk of clients) await zk.close()
  }
  await world.run(run, limit)
}

/** Makes many calls of each client at once. */
async function many(clients: readonly ZooKeeper[], call: (zk: ZooKeeper) => Promise<unknown>): Promise<void> {
  await Promise.all(clients.flatMap(zk => Array.from({ length: CALLS }, () => call(zk))))
}

function writesOf(server: TestServer, operation: string): number {
  return server.requests().filter(request => request.operation === operation).length
}

const numbers = { encode: (value: number) => Buffer.from(String(value)), decode: Number }

describe('A crowd of writers', () => {
  it('changes a shared value with a few writes each', async () => {
    await inWorld(async ({ server, clients }) => {
      await many(clients, zk => new SharedValue(zk, '/value', { codec: numbers }).update(value => value! + 1))
      expect(server.dump()['/value']).to.equal(String(2 * CALLS))
      expect(writesOf(server, 'multi')).to.be.lessThan(8 * CALLS)
    }, 600_000)
  })

  it('changes a configuration with a few writes each', async () => {
    await inWorld(async ({ server, clients }) => {
      const update = (zk: ZooKeeper): Promise<unknown> =>
        new Config<{ a: number }>(zk, '/config', { subtree: true }).update(({ a }) => ({ a: a + 1 }))
      await many(clients, update)
      expect(server.dump()['/config/a']).to.equal(String(2 * CALLS))
      expect(writesOf(server, 'multi')).to.be.lessThan(8 * CALLS)
    }, 600_000)
  })

  it('changes a configuration though the queue of its client has room for a few requests', async () => {
    const narrow = { maxQueuedBytes: 2000, whenFull: 'reject', maxInFlight: 1 } as const
    const run = async ({ server, clients }: Crowd): Promise<void> => {
      const update = (zk: ZooKeeper): Promise<unknown> =>
        new Config<{ a: number }>(zk, '/config', { subtree: true }).update(({ a }) => ({ a: a + 1 }))
      await many(clients, update)
      expect(server.dump()['/config/a']).to.equal(String(2 * CALLS))
    }
    await inWorld(run, 300_000, narrow)
  })

  it('is told of each lease, though one is over before the answers to a hundred requests are there', async () => {
    await inWorld(
      ({ clients }) =>
        many(clients, zk => new Lease(zk, '/leases', { limit: 2, duration: 800, jitter: 0 }).tryAcquire()),
      120_000,
    )
  })

  it('goes on when a change waits for one behind it', async () => {
    await inWorld(async ({ clients: [zk], server }) => {
      const value = new SharedValue(zk!, '/value', { codec: numbers })
      let calls = 0
      const outer = value.update(async present => {
        calls++
        // Another writer is quicker, once; then one change waits for another that waits for its turn.
        if (calls === 1) await zk!.setData('/value', '10')
        if (calls === 2) await Promise.all([bump(), bump()])
        return present! + 100
      })
      const bump = (): Promise<unknown> => value.update(present => present! + 1)
      await outer
      expect(server.dump()['/value']).to.equal('112')
    }, 120_000)
  })
})
