import { connect } from '@zookit/client'
import { type Environment as ClientEnvironment, nodeEnvironment } from '@zookit/connection'
import { expect } from 'chai'
import { type Environment, TestServer } from '../src/index.ts'

/** Milliseconds between two checks of the server, far longer than any timer of the client. */
const CHECK = 100_000_000

/** An environment that a client and a server share. It records the delay of every timer. */
class SharedEnvironment {
  readonly delays: number[] = []

  readonly environment: ClientEnvironment = {
    ...nodeEnvironment,
    setTimer: (callback, delay) => {
      this.delays.push(delay)
      return nodeEnvironment.setTimer(callback, delay)
    },
  }
}

describe('The environment of the in-memory server', () => {
  it('can be the object that drives the client, because its shape is a part of the client’s', async () => {
    const { environment, delays } = new SharedEnvironment()
    // The compiler is the test of the shape: this line fails to compile when one of the two changes alone.
    const ofServer: Environment = environment
    await using server = await TestServer.start({ environment: ofServer, containerCheckInterval: CHECK })
    await using zk = await connect(server.hosts, { environment, sessionTimeout: 9999 })
    await zk.create('/a')
    // The check is due so long after the start of the server, and the machine may have stood still since.
    expect(delays.filter(delay => delay > CHECK / 2 && delay <= CHECK)).to.have.lengthOf.above(0)
    const [session] = server.sessions()
    expect(session?.timeout).to.equal(9999)
    expect(delays.filter(delay => delay < 9999)).to.have.lengthOf.above(0)
    for (const delay of delays) expect(delay).to.be.within(1, 2 ** 31 - 1)
  })
})
