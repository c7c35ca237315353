// Drives npm's node-zookeeper-client through the transcript that ../transcript.ts states. Usage: client.mjs HOSTS.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import zookeeper from 'node-zookeeper-client'

const { CreateMode, Exception, Event, Permission } = zookeeper
const say = (...words) => console.log(words.join(' '))

/** Calls one of the client's functions that end in `callback(error, first, second)`. */
const call = (target, name, ...args) =>
  new Promise((resolve, reject) => {
    target[name](...args, (error, ...results) => (error ? reject(error) : resolve(results)))
  })

const codeOf = promise =>
  promise.then(
    () => 0,
    error => error.getCode(),
  )

/** A watcher, and the event that it is told of. */
function watch() {
  let tell
  const event = new Promise(resolve => {
    tell = resolve
  })
  return [tell, event]
}

const NAMES = { [Event.NODE_DATA_CHANGED]: 'CHANGED', [Event.NODE_CHILDREN_CHANGED]: 'CHILD' }
const sayEvent = async event => say('event', NAMES[(await event).getType()], (await event).getPath())

async function open(hosts) {
  const zk = zookeeper.createClient(hosts, { sessionTimeout: 10_000, retries: 20 })
  zk.connect()
  await once(zk, 'connected')
  return zk
}

async function sayChildren(zk) {
  const [names] = await call(zk, 'getChildren', '/app', undefined)
  say('children', ...names.sort())
}

const owned = (zk, stat) => stat.ephemeralOwner.equals(zk.getSessionId())

async function nodes(zk) {
  say('create', ...(await call(zk, 'create', '/app', Buffer.from('v1'))))
  const [data, stat] = await call(zk, 'getData', '/app', undefined)
  say('get', data, stat.version)
  say('set', (await call(zk, 'setData', '/app', Buffer.from('v2'), -1))[0].version)
  await call(zk, 'create', '/app/e', CreateMode.EPHEMERAL)
  const [ephemeral] = await call(zk, 'exists', '/app/e', undefined)
  say('ephemeral', owned(zk, ephemeral) ? 'mine' : 'not mine')
  say('sequence', ...(await call(zk, 'create', '/app/s-', CreateMode.PERSISTENT_SEQUENTIAL)))
  say('sequence', ...(await call(zk, 'create', '/app/s-', CreateMode.PERSISTENT_SEQUENTIAL)))
  await sayChildren(zk)
}

async function events(zk) {
  const [onData, data] = watch()
  await call(zk, 'getData', '/app', onData)
  await call(zk, 'setData', '/app', Buffer.from('v3'), -1)
  await sayEvent(data)
  const [onChild, child] = watch()
  await call(zk, 'getChildren', '/app', onChild)
  await call(zk, 'create', '/app/c')
  await sayEvent(child)
  await call(zk, 'remove', '/app/c', -1)
  const refused = await codeOf(call(zk, 'setData', '/app', Buffer.from(''), 99))
  if (refused === Exception.BAD_VERSION) say('bad version')
}

async function transactions(zk) {
  const good = zk.transaction().create('/app/m', Buffer.from('made')).setData('/app', Buffer.from('v4'), -1)
  const [[first]] = await call(good, 'commit')
  say('multi', first.path === '/app/m' ? 'done' : 'failed')
  const bad = zk.transaction().create('/app/n').check('/app', 99)
  say('multi', (await codeOf(call(bad, 'commit'))) === Exception.BAD_VERSION ? 'refused' : 'failed')
  await sayChildren(zk)
}

const readSecret = async zk => say('owner reads', (await call(zk, 'getData', '/app/secret', undefined))[0])

async function secrets(zk, other) {
  zk.addAuthInfo('digest', Buffer.from('alice:secret'))
  const creator = [new zookeeper.ACL(Permission.ALL, new zookeeper.Id('auth', ''))]
  await call(zk, 'create', '/app/secret', Buffer.from('hidden'), creator)
  await readSecret(zk)
  const [[acl]] = await call(zk, 'getACL', '/app/secret')
  say('acl', acl.id.scheme, acl.id.id, acl.permission)
  const refused = await codeOf(call(other, 'getData', '/app/secret', undefined))
  if (refused === Exception.NO_AUTH) say('stranger refused')
}

async function reconnect(zk) {
  const session = Buffer.from(zk.getSessionId())
  const [onData, data] = watch()
  await call(zk, 'getData', '/app', onData)
  const answer = once(createInterface({ input: process.stdin }), 'line')
  say('drop')
  await answer
  const [stat] = await call(zk, 'exists', '/app/e', undefined)
  say('session', owned(zk, stat) && session.equals(zk.getSessionId()) ? 'kept' : 'lost')
  await readSecret(zk)
  await call(zk, 'setData', '/app', Buffer.from('v5'), -1)
  await sayEvent(data)
}

const [zk, other] = await Promise.all([open(process.argv[2]), open(process.argv[2])])
await nodes(zk)
await events(zk)
await transactions(zk)
await secrets(zk, other)
await reconnect(zk)
await call(zk, 'remove', '/app/m', -1)
if ((await codeOf(call(zk, 'getData', '/app/m', undefined))) === Exception.NO_NODE) say('deleted')
zk.close()
await once(zk, 'disconnected')
say('ephemeral', (await call(other, 'exists', '/app/e', undefined))[0] === null ? 'gone' : 'left')
other.close()
process.stdin.destroy()
