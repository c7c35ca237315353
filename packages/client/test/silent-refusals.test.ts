import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type OneShotEvent, type StreamEvent } from '../src/index.ts'
import { failureOf, until } from './support/targets.ts'

describe('A server that closes the connection over persistent watches', () => {
  it('U2 ends the iterator with the reason, and leaves the client and its other watches as they are', async () => {
    await using server = await TestServer.start({ seed: { a: '' } })
    await using zk = await connect(server.hosts, { backoff: { initial: 1, max: 10 } })
    const events: string[] = []
    await zk.getData('/a', { watch: ({ type, path }) => events.push(`${type} ${path}`) })
    const { id } = zk.session
    for (let request = 0; request < 20; request++) server.dropNextRequest('addWatch')
    const watch = zk.watch('/a', { recursive: true })
    const seen: StreamEvent[] = []
    const iterated = (async () => {
      for await (const event of watch) seen.push(event)
    })()
    for (const promise of [watch.ready, iterated]) {
      const error = await failureOf(promise)
      expect(error).to.include({ code: 'UNIMPLEMENTED', operation: 'addWatch', path: '/a' })
      expect(error.message).to.include(server.hosts).and.include('update the server')
    }
    expect(seen).to.deep.equal([])
    const asked = server.requests().filter(({ operation }) => operation === 'addWatch')
    expect(asked).to.have.lengthOf(3)
    await zk.setData('/a', 'x')
    await until('the other watch has fired', () => events.length > 0)
    expect(events).to.deep.equal(['changed /a'])
    expect(zk.session.id).to.equal(id)
  })

  it('W5 names the path of the caller in the error of a lost watch, not that of the server below the chroot', async () => {
    await using server = await TestServer.start({ seed: { app: { a: '' } } })
    await using zk = await connect(`${server.hosts}/app`, { backoff: { initial: 1, max: 10 } })
    const events: OneShotEvent[] = []
    await zk.getData('/a', { watch: event => events.push(event) })
    const watch = zk.watch('/a')
    await watch.ready
    for (let connection = 0; connection < 3; connection++) server.dropNextRequest('setWatches2')
    for (let connection = 0; connection < 3; connection++) server.dropNextRequest('setWatches')
    server.dropConnections()
    const thrown = await failureOf(watch.next())
    await until('the other watch is lost', () => events.length > 0)
    const [lost] = events
    expect(lost).to.include({ type: 'lost', path: '/a' })
    for (const error of [thrown, (lost as Extract<OneShotEvent, { type: 'lost' }>).error]) {
      expect(error.path).to.equal('/a')
      expect(error.message).to.include('/a)').and.not.include('/app')
      expect(error.stack).to.be.a('string')
    }
    expect(thrown).to.include({ code: 'UNIMPLEMENTED', outcome: 'rejected', operation: 'setWatches2' })
  })
})
