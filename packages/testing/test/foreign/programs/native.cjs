// Drives npm's zookeeper, which has no multi, through the transcript that ../transcript.ts states without it.
// Usage: native.cjs DIRECTORY-OF-THE-PACKAGE HOSTS.
const { once } = require('node:events')
const { createInterface } = require('node:readline')
const { setTimeout: sleep } = require('node:timers/promises')

const [directory, hosts] = process.argv.slice(2)
const ZooKeeper = require(directory)
const { constants } = ZooKeeper
const LOOKS = 400
const NO_NODE = -101
const NO_AUTH = -102
const BAD_VERSION = -103
const CHANGED = 3
const CHILD = 4
const NAMES = { [CHANGED]: 'CHANGED', [CHILD]: 'CHILD' }
const say = (...words) => console.log(words.join(' '))

/** The error number with which the message begins; NaN when the request could not even be sent. */
const codeOf = promise =>
  promise.then(
    () => 0,
    error => Number.parseInt(error.message, 10),
  )

/** A watcher, and the event that it is told of. */
function watch() {
  let tell
  const event = new Promise(resolve => {
    tell = resolve
  })
  return [(type, _state, path) => type in NAMES && tell(`event ${NAMES[type]} ${path}`), event]
}

/** Tells whether a znode exists. Asks until there is a connection. */
async function exists(zk, path) {
  for (;;) {
    const code = await codeOf(zk.exists(path, false))
    if (code === 0 || code === NO_NODE) return code === 0
    await sleep(50)
  }
}

async function open() {
  const config = { connect: hosts, timeout: 10_000, debug_level: constants.ZOO_LOG_LEVEL_ERROR }
  const zk = new ZooKeeper(config)
  zk.init(config)
  await once(zk, 'connect')
  return zk
}

const sayChildren = async zk => say('children', ...(await zk.get_children('/app', false)).sort())

async function nodes(zk) {
  say('create', await zk.create('/app', 'v1', 0))
  const [stat, data] = await zk.get('/app', false)
  say('get', data, stat.version)
  say('set', (await zk.set('/app', 'v2', -1)).version)
  await zk.create('/app/e', '', constants.ZOO_EPHEMERAL)
  const { createdInThisSession } = await zk.exists('/app/e', false)
  say('ephemeral', createdInThisSession ? 'mine' : 'not mine')
  say('sequence', await zk.create('/app/s-', '', constants.ZOO_SEQUENCE))
  say('sequence', await zk.create('/app/s-', '', constants.ZOO_SEQUENCE))
  await sayChildren(zk)
}

async function events(zk) {
  const [onData, data] = watch()
  await zk.w_get('/app', onData)
  await zk.set('/app', 'v3', -1)
  say(await data)
  const [onChild, child] = watch()
  await zk.w_get_children('/app', onChild)
  await zk.create('/app/c', '', 0)
  say(await child)
  await zk.delete_('/app/c', -1)
  if ((await codeOf(zk.set('/app', '', 99))) === BAD_VERSION) say('bad version')
  await zk.create('/app/m', 'made', 0)
  await sayChildren(zk)
}

const readSecret = async zk => say('owner reads', (await zk.get('/app/secret', false))[1])

async function secrets(zk, other) {
  await new Promise((resolve, reject) => {
    zk.add_auth('digest', 'alice:secret', code =>
      code === 0 ? resolve() : reject(new Error(`auth: ${code}`)),
    )
  })
  await zk.create('/app/secret', 'hidden', 0)
  await zk.set_acl('/app/secret', -1, [constants.ZOO_CREATOR_ALL_ACL])
  await readSecret(zk)
  const [[acl]] = await zk.get_acl('/app/secret')
  say('acl', acl.scheme, acl.auth, acl.perms)
  if ((await codeOf(other.get('/app/secret', false))) === NO_AUTH) say('stranger refused')
}

async function reconnect(zk) {
  const session = zk.client_id
  const [onData, data] = watch()
  await zk.w_get('/app', onData)
  const answer = once(createInterface({ input: process.stdin }), 'line')
  say('drop')
  await answer
  await exists(zk, '/app/e')
  const { createdInThisSession } = await zk.exists('/app/e', false)
  say('session', createdInThisSession && zk.client_id === session ? 'kept' : 'lost')
  await readSecret(zk)
  await zk.set('/app', 'v5', -1)
  say(await data)
}

async function main() {
  const zk = await open()
  const other = await open()
  await nodes(zk)
  await events(zk)
  await secrets(zk, other)
  await reconnect(zk)
  await zk.delete_('/app/m', -1)
  if ((await codeOf(zk.get('/app/m', false))) === NO_NODE) say('deleted')
  const closed = once(zk, 'close')
  zk.close()
  await closed
  // The client sends closeSession and does not wait for the answer: another connection may be served first.
  let looks = 0
  while ((await exists(other, '/app/e')) && looks++ < LOOKS) await sleep(50)
  say('ephemeral', looks < LOOKS ? 'gone' : 'left')
  other.close()
  process.stdin.destroy()
}

main()
