// Starts the configuration files of examples/compose on an installed ZooKeeper, without Docker: three servers with other
// ports and paths. Connects to each by TLS and SASL, as README.md says, and sees those refused who do not authenticate.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, ZooKeeperError } from '@zookit/client'
import { findInstallation, fourLetterWord, freePort } from '@zookit/test-fixtures'
import { ROOT } from './source/files.ts'

const COMPOSE = join(ROOT, 'examples/compose')
const IDS = [1, 2, 3] as const

interface Ports {
  readonly client: number
  readonly secure: number
  readonly quorum: number
  readonly election: number
}

const ports = new Map<number, Ports>()
for (const id of IDS) {
  const [client, secure, quorum, election] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  ports.set(id, { client, secure, quorum, election })
}

/** Replaces a text that must be there: a configuration that has changed is not tested half. */
function replace(config: string, found: string, by: string): string {
  if (!config.includes(found)) throw new Error(`zoo.cfg has no ${found}`)
  return config.replaceAll(found, by)
}

/** Writes what a container would mount, for this machine. @returns the path of its zoo.cfg. */
function layOut(folder: string, id: number): string {
  const { client, secure } = ports.get(id)!
  for (const name of ['data', 'datalog', 'conf']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'data/myid'), `${id}\n`)
  cpSync(join(COMPOSE, 'jaas.conf'), join(folder, 'conf/jaas.conf'))
  execFileSync(join(COMPOSE, 'make-certificates'), [join(folder, 'conf/certs')])
  let config = readFileSync(join(COMPOSE, 'zoo.cfg'), 'utf8')
  config = replace(config, '=/data\n', `=${folder}/data\n`)
  config = replace(config, '=/datalog\n', `=${folder}/datalog\n`)
  config = replace(config, '=/conf/', `=${folder}/conf/`)
  config = replace(config, 'clientPort=2181', `clientPort=${client}`)
  config = replace(config, 'secureClientPort=2281', `secureClientPort=${secure}`)
  for (const [peer, { quorum, election }] of ports)
    config = replace(config, `zk${peer}:2888:3888`, `127.0.0.1:${quorum}:${election}`)
  writeFileSync(join(folder, 'conf/zoo.cfg'), config)
  return join(folder, 'conf/zoo.cfg')
}

const installation = findInstallation(process.env)
if (!installation) throw new Error('there is no ZooKeeper on this machine')

const folder = mkdtempSync(join(tmpdir(), 'zookit-compose-'))
const servers: ChildProcess[] = []

/** Starts a server as the entry point of the image does. */
function start(id: number): void {
  const home = join(folder, String(id))
  const config = layOut(home, id)
  const jaas = `-Djava.security.auth.login.config=${home}/conf/jaas.conf`
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
  const flags = ['-Xmx256m', '-XX:TieredStopAtLevel=1', jaas, '-cp', installation!.classPath]
  servers.push(spawn(installation!.java, [...flags, main, config], { cwd: home, stdio: 'ignore' }))
}

/** Waits until every server serves, as the health check of a container does. */
async function untilHealthy(): Promise<string[]> {
  const deadline = Date.now() + 120_000
  for (;;) {
    const words = [...ports.values()].map(({ client }) => fourLetterWord('127.0.0.1', client, 'srvr'))
    const modes = (await Promise.allSettled(words)).map(result => {
      return (result.status === 'fulfilled' && /^Mode: (\w+)$/m.exec(result.value)?.[1]) || 'down'
    })
    if (!modes.includes('down')) return modes
    if (Date.now() > deadline) throw new Error(`the servers are ${modes.join(', ')}`)
    await sleep(500)
  }
}

/** Runs connect.ts, as a reader does. @returns what it prints. */
async function connectAsReader(id: number): Promise<string> {
  const { secure } = ports.get(id)!
  const ca = join(folder, String(id), 'conf/certs/ca.pem')
  const program = [join(COMPOSE, 'connect.ts'), `localhost:${secure}`, ca]
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@zookit/source', ...program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', chunk => (printed += chunk))
  await once(child, 'close')
  return printed
}

/** Connects without an identity. @returns the code of the refusal. */
async function connectAsStranger(): Promise<string> {
  const ca = readFileSync(join(folder, '1/conf/certs/ca.pem'))
  try {
    await using zk = await connect(`localhost:${ports.get(1)!.secure}`, {
      tls: { ca },
      connectTimeout: 10_000,
    })
    await zk.exists('/')
    return 'none'
  } catch (error) {
    if (ZooKeeperError.is(error)) return error.code
    throw error
  }
}

try {
  for (const id of IDS) start(id)
  const modes = await untilHealthy()
  console.log(`ZooKeeper ${installation.version}: ${modes.join(', ')}`)
  for (const id of IDS) {
    const printed = await connectAsReader(id)
    if (!printed.startsWith('sasl:app at localhost:')) throw new Error(`connect.ts has printed ${printed}`)
    process.stdout.write(printed)
  }
  const refusal = await connectAsStranger()
  if (refusal !== 'SESSION_CLOSED_REQUIRE_SASL_AUTH') throw new Error(`a stranger was told ${refusal}`)
  console.log(`without an identity: ${refusal}`)
} finally {
  for (const server of servers) server.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
