// What zookit does, in one run: on an in-memory ZooKeeper, or on your ensemble when ZOOKIT_HOSTS says where it is.

import { styleText } from 'node:util'
import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { nodeEnvironment } from '@zookit/connection'
import { TestServer } from '@zookit/testing'

const hosts = process.env.ZOOKIT_HOSTS
const server = hosts ? null : await TestServer.start()

/** Node's environment with a cable that can be pulled, to show what a lost connection looks like. */
let pullCable = (): void => {}
const environment: typeof nodeEnvironment = {
  ...nodeEnvironment,
  open(target, handler) {
    const transport = nodeEnvironment.open(target, handler)
    pullCable = () => {
      transport.destroy()
      handler.onClose(new Error('the cable was pulled'))
    }
    return transport
  },
}

function title(text: string): void {
  console.log(`\n${styleText('bold', text)}`)
}

function show(call: string, result: unknown = ''): void {
  console.log(`  ${call.padEnd(58)} ${styleText('cyan', String(result))}`)
}

async function operations(zk: ZooKeeper): Promise<void> {
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

async function watching(zk: ZooKeeper): Promise<void> {
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

async function ephemerals(zk: ZooKeeper, visitorHosts: string): Promise<void> {
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

async function transactions(zk: ZooKeeper): Promise<void> {
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
  if (error instanceof ZooKeeperError) show('delete, create of what exists', error.code)
  show("exists('/jobs/sleep')", (await zk.exists('/jobs/sleep')) ? 'still there' : 'gone')
}

async function lostConnection(zk: ZooKeeper): Promise<void> {
  title('A lost connection, survived')
  const { id } = zk.session
  await zk.create('/mine', null, { mode: 'ephemeral' })
  const log = (state: string, previous: string): void => show('  state', `${previous} -> ${state}`)
  zk.on('state', log)
  pullCable()
  show('the cable is pulled; getData is called meanwhile')
  const { data } = await zk.getData('/greeting')
  show("getData('/greeting')", data)
  zk.off('state', log)
  show('the same session, its ephemeral alive', zk.session.id === id && (await zk.exists('/mine')) !== null)
}

const where = hosts ?? server!.hosts
const zk = await connect(where, { environment })
const scratch = await zk.create('/quick-start-', null, { mode: 'persistent-sequential' })
await zk.close()

const app = `${where.replace(/\/.*$/, '')}${/\/.*$/.exec(where)?.[0] ?? ''}${scratch}`
console.log(`Connected to ${hosts ? where : `an in-memory ZooKeeper at ${where}`}, working under ${scratch}`)
const client = await connect(app, { environment })
try {
  await operations(client)
  await watching(client)
  await ephemerals(client, app)
  await transactions(client)
  await lostConnection(client)
} finally {
  await client.close()
  await using cleaner = await connect(where)
  await cleaner.removeTree(scratch)
  await server?.stop()
}
console.log(styleText('green', '\nAll done, and cleaned up.'))
