import { once } from 'node:events'
import type { TestServer } from '@zookit/testing'
import type * as original from 'node-zookeeper-client'
import { connected, type Scenario, type Stage } from './scenario.ts'

/** A scenario that needs faults of its server. */
export interface FaultScenario {
  readonly title: string
  on(server: TestServer): Scenario
}

const EVENTS = ['connected', 'connectedReadOnly', 'disconnected', 'expired', 'authenticationFailed']

function record({ client, transcript }: Stage): void {
  for (const event of EVENTS) client.on(event, transcript.listener(`event ${event}`))
  client.on('state', state => transcript.add('event state', String(state)))
}

const idOf = (client: original.Client): bigint => client.getSessionId().readBigInt64BE()

function faulty(title: string, run: (stage: Stage, server: TestServer) => Promise<void>): FaultScenario {
  return { title, on: server => ({ title, run: stage => run(stage, server) }) }
}

const lost = faulty(
  'a lost connection: callbacks, then disconnected, then connected',
  async (stage, server) => {
    const { client, call, transcript } = stage
    record(stage)
    await connected(client)
    await call('create', done => client.create('/l', done))
    await call('watched', done => client.getData('/l', transcript.listener('watcher'), done))
    const id = client.getSessionId()
    server.holdReplies()
    const calls = [
      call('read', done => client.getData('/l', done)),
      call('write', done => client.setData('/l', Buffer.from('x'), done)),
      call('transaction', done => client.transaction().check('/l').commit(done)),
    ]
    server.dropConnections()
    await Promise.all(calls)
    server.releaseReplies()
    await once(client, 'connected')
    transcript.add('same session', id.equals(client.getSessionId()))
    await call('afterwards', done => client.exists('/l', done))
  },
)

const expired = faulty('an expired session', async (stage, server) => {
  const { client, call, library, transcript } = stage
  record(stage)
  await connected(client)
  await call('create', done => client.create('/e', library.CreateMode.EPHEMERAL, done))
  client.once('expired', () => {
    void call('in the event', done => client.getData('/e', done))
    transcript.add('the call has returned')
  })
  server.expireSession(idOf(client))
  await once(client, 'expired')
  await once(client, 'disconnected')
  await call('afterwards', done => client.getData('/e', done))
})

const refused = faulty('a credential that the server refuses', async stage => {
  const { client, call } = stage
  record(stage)
  await connected(client)
  client.addAuthInfo('nonsense', Buffer.from('x'))
  await once(client, 'authenticationFailed')
  await once(client, 'disconnected')
  await call('afterwards', done => client.getData('/', done))
})

const retried = faulty('the option retries', async ({ newClient, call }, server) => {
  const client = newClient({ retries: 1 })
  await connected(client)
  server.loseNextReply({ operation: 'create' })
  await call('create', done => client.create('/r', done))
  server.dropNextRequest({ operation: 'getData' })
  await call('read', done => client.getData('/r', done))
  server.dropNextRequest({ operation: 'multi' })
  await call('transaction', done => client.transaction().check('/r').commit(done))
})

/** The scenarios in which a server fails. */
export const FAULTS: readonly FaultScenario[] = [lost, expired, refused, retried]
