import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Cable } from './cable.ts'
import { show, title } from './show.ts'

/** Create, read, write, and the use of a version. */
export async function operations(zk: ZooKeeper): Promise<void> {
  title('The operations')
  show("create('/greeting', 'hello')", await zk.create('/greeting', 'hello'))
  const { data, stat } = await zk.getData('/greeting')
  show("getData('/greeting')", `${data}, version ${stat.version}, by transaction ${stat.czxid}`)
  const { version } = await zk.setData('/greeting', 'good morning', { version: stat.version })
  show("setData('/greeting', 'good morning', { version: 0 })", `version ${version}`)
  show("exists('/nobody')", await zk.exists('/nobody'))
  const refused = await zk.setData('/greeting', 'too late', { version: 0 }).catch((error: unknown) => error)
  show("setData('/greeting', 'too late', { version: 0 })", (refused as ZooKeeperError).code)
  await zk.ensurePath('/jobs')
  const [first, second] = await Promise.all([
    zk.create('/jobs/job-', 'wash', { mode: 'persistent-sequential' }),
    zk.create('/jobs/job-', 'dry', { mode: 'persistent-sequential' }),
  ])
  show("create('/jobs/job-', ..., { mode: 'persistent-sequential' })", `${first} ${second}`)
}

/** An event for each change, in the order of the changes. */
export async function watching(zk: ZooKeeper): Promise<void> {
  title('A watch')
  await using events = zk.watch('/greeting')
  await events.ready
  show("watch('/greeting')", 'standing')
  await zk.setData('/greeting', 'good evening')
  for await (const event of events) {
    show('  the event', `${event.type} ${event.path}`)
    break
  }
}

/** A znode that lives as long as its creator's session. */
export async function ephemerals(zk: ZooKeeper, visitorHosts: string): Promise<void> {
  title('An ephemeral that vanishes with its session')
  const visitor = await connect(visitorHosts)
  await visitor.create('/visitor', 'I am here', { mode: 'ephemeral' })
  const gone = new Promise<string>(resolve => {
    void zk.exists('/visitor', { watch: event => resolve(event.type) })
  })
  show("another client: create('/visitor', { mode: 'ephemeral' })", visitor.session.id.toString(16))
  await visitor.close()
  show('another client: close()', `/visitor was ${await gone}`)
}

/** Several writes, or none. */
export async function transactions(zk: ZooKeeper): Promise<void> {
  title('A transaction: all of it, or nothing')
  const { version } = (await zk.exists('/greeting'))!
  const [, stat, path] = await zk
    .transaction()
    .check('/greeting', version)
    .setData('/greeting', 'good night')
    .create('/jobs/sleep')
    .commit()
  show('check, setData, create', `version ${stat.version}, ${path}`)
  const failure = zk.transaction().delete('/jobs/sleep').create('/greeting').commit()
  const error = await failure.catch((reason: unknown) => reason)
  if (ZooKeeperError.is(error)) show('delete, create of what exists', error.code)
  show("exists('/jobs/sleep')", (await zk.exists('/jobs/sleep')) ? 'still there' : 'gone')
}

/** Requests wait; the session and its ephemerals live on. */
export async function lostConnection(zk: ZooKeeper, cable: Cable): Promise<void> {
  title('A lost connection, survived')
  const { id } = zk.session
  await zk.create('/mine', null, { mode: 'ephemeral' })
  const log = (state: string, previous: string): void => show('  state', `${previous} -> ${state}`)
  zk.on('state', log)
  cable.pull()
  show('the cable is pulled; getData is called meanwhile')
  const { data } = await zk.getData('/greeting')
  show("getData('/greeting')", data)
  zk.off('state', log)
  show('the same session, its ephemeral alive', zk.session.id === id && (await zk.exists('/mine')) !== null)
}
