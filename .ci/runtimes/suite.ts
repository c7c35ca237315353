/** The steps of the smoke suite, in plain JavaScript that every runtime and bundler reads. Each prints its name when it holds. */
const STEPS = `
function check(holds, what) {
  if (!holds) throw new Error('does not hold: ' + what)
}

async function codeOf(promise) {
  const error = await promise.then(() => null, error => error)
  return ZooKeeperError.is(error) ? error.code : String(error)
}

const steps = {
  async operations({ zk }) {
    check((await zk.create('/a', 'x')) === '/a', 'create')
    const { data, stat } = await zk.getData('/a')
    check(String(data) === 'x' && typeof stat.mzxid === 'bigint', 'getData')
    await zk.setData('/a', Buffer.alloc(100000, 'y'), { version: 0 })
    check((await zk.getData('/a')).data.length === 100000, 'a large value')
    check((await codeOf(zk.setData('/a', 'z', { version: 7 }))) === 'BAD_VERSION', 'a version')
    check((await codeOf(zk.getData('/none'))) === 'NO_NODE', 'an error')
    await Promise.all(Array.from({ length: 500 }, (_, i) => zk.create('/a/' + i, String(i))))
    check((await zk.getChildren('/a')).children.length === 500, 'a pipeline')
    await zk.removeTree('/a')
  },
  async transactions({ zk }) {
    await zk.transaction().create('/t', 'x').setData('/t', 'y').commit()
    check((await codeOf(zk.transaction().create('/u').check('/t', 9).commit())) === 'BAD_VERSION', 'a check')
    check((await zk.exists('/u')) === null, 'all or nothing')
  },
  async watches({ zk }) {
    const seen = []
    for await (const event of zk.watch('/w', { recursive: true })) {
      seen.push(event.type + ' ' + event.path)
      if (seen.length === 2) break
    }
    check(seen.join() === 'created /w,created /w/a', seen.join())
  },
  async aLostConnection({ zk, server }) {
    await zk.create('/e', 'x', { mode: 'ephemeral' })
    await server.stop()
    const read = zk.getData('/e')
    await server.restart()
    check(String((await read.catch(() => zk.getData('/e'))).data) === 'x', 'the session lives on')
  },
  async locks({ zk, other }) {
    const lock = await new Mutex(zk, '/locks/a').acquire()
    const waits = new Mutex(other, '/locks/a').acquire()
    check((await codeOf(new Mutex(other, '/locks/a').acquire({ signal: AbortSignal.abort() }))) === 'ABORTED', 'a signal')
    await lock.guard(zk.transaction().create('/done')).commit()
    await lock.release()
    const next = await waits
    check(next.token > lock.token, 'fencing')
    await next.release()
  },
  async election({ zk, other }) {
    const leader = await new LeaderElection(zk, '/leader').campaign()
    const successor = new LeaderElection(other, '/leader').campaign()
    await leader.resign()
    await (await successor).resign()
  },
  async otherRecipes({ zk, other }) {
    await new Queue(zk, '/queue').put('job')
    const taken = await new Queue(other, '/queue').take()
    check(String(taken.data) === 'job', 'a queue')
    await new Config(zk, '/config').set({ a: 1 })
    const cache = new TreeCache(zk, '/config')
    await cache.start()
    await cache.close()
  },
  async tls() {
    const read = name => readFileSync(process.env.ZOOKIT_CERTS + name)
    const files = { ca: read('ca.crt'), cert: read('server.crt'), key: read('server.key') }
    const secure = await TestServer.start({ tls: { ...files, requestCert: true } })
    const tls = { ca: read('ca.crt'), cert: read('client.crt'), key: read('client.key') }
    const client = await connect(secure.hosts, { tls })
    check((await client.create('/secret', 'x')) === '/secret', 'create over TLS')
    await client.close()
    const stranger = connect(secure.hosts, { tls: { ...tls, ca: read('other-ca.crt') }, connectTimeout: 1000 })
    check((await codeOf(stranger)) !== 'null', 'a server that no authority vouches for is refused')
    await secure.stop()
  },
}

async function main() {
  const server = await TestServer.start()
  const zk = await connect(server.hosts)
  const other = await connect(server.hosts)
  for (const [name, step] of Object.entries(steps)) {
    console.log('step ' + name)
    const given = { server, zk, other }
    if (name === 'watches') setTimeout(() => other.create('/w').then(() => other.create('/w/a')), 100)
    await step(given)
  }
  await zk.close()
  await other.close()
  check(server.sessions().length === 0, 'every session is closed')
  await server.stop()
  console.log('all steps hold')
}

main().catch(error => {
  console.error(error)
  process.exit(1)
})
`

const NAMES: Readonly<Record<string, readonly string[]>> = {
  '@zookit/client': ['connect', 'ZooKeeperError'],
  '@zookit/recipes': ['Config', 'LeaderElection', 'Mutex', 'Queue', 'TreeCache'],
  '@zookit/testing': ['TestServer'],
}

const heads = (write: (names: string, from: string) => string): string =>
  Object.entries(NAMES)
    .map(([from, names]) => write(`{ ${names.join(', ')} }`, from))
    .join('\n')

export const IMPORTED: string = `import { Buffer } from 'node:buffer'
import { readFileSync } from 'node:fs'
import process from 'node:process'
${heads((names, from) => `import ${names} from '${from}'`)}
${STEPS}`

export const REQUIRED: string = `const { readFileSync } = require('node:fs')
${heads((names, from) => `const ${names} = require('${from}')`)}
${STEPS}`
