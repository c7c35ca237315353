import { expect } from 'chai'
import { Mutex } from '../src/index.ts'
import { Ground, until } from './support/ground.ts'
import { RoundTrips } from './support/round-trips.ts'

describe('A mutex', () => {
  it('is acquired in one round trip and released in one', async () => {
    await using ground = await Ground.lay()
    const trips = new RoundTrips()
    const zk = await ground.client({ environment: trips.environment })
    const mutex = new Mutex(zk, '/locks/job')
    await (await mutex.acquire()).release()
    trips.take()
    ground.server.clearRequests()
    const lock = await mutex.acquire()
    expect(trips.take()).to.equal(1)
    await lock.release()
    expect(trips.take()).to.equal(1)
    expect(ground.operations()).to.deep.equal(['create2', 'getChildren2', 'delete'])
    expect(ground.names('/locks/job')).to.deep.equal([])
  })

  it('is held by one at a time, in the order of coming', async () => {
    await using ground = await Ground.lay()
    const order: number[] = []
    const clients = await Promise.all([1, 2, 3].map(() => ground.client()))
    const first = await new Mutex(clients[0]!, '/locks/job').acquire()
    const waiters = clients.map(async (zk, index) => {
      await until('its turn to come', () => ground.names('/locks/job').length === index + 1)
      await using lock = await new Mutex(zk, '/locks/job').acquire()
      order.push(index)
      expect(lock.held).to.equal(true)
    })
    await until('all have come', () => ground.names('/locks/job').length === 4)
    await first.release()
    await Promise.all(waiters)
    expect(order).to.deep.equal([0, 1, 2])
  })
})
