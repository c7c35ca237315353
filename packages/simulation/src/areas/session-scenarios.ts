import { ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'
import { visitor } from '../visitor.ts'

/** The timeouts of a session that is handed over: what its maker asked for, and what its taker asks for. */
const LONG = 8000
const SHORT = 2000

/** Hands a session over to a process that asks for a shorter timeout, and that reaches no server for a while. */
export async function handOver(system: System, random: Random): Promise<void> {
  const { world, history } = system
  const name = `taker ${system.visitors++}`
  const maker = await visitor(system, `maker of ${name}`, { sessionTimeout: LONG })
  const { id, password, timeout } = maker.session
  await maker.close({ keepSession: true })
  const from = world.now
  world.network.block({ process: name })
  const taking = visitor(system, name, { sessionTimeout: SHORT, session: { id, password, timeout } })
  const taken = taking.catch((error: unknown) => {
    if (!ZooKeeperError.is(error) || error.code !== 'SESSION_EXPIRED') throw error
    const after = world.now - from
    const isEnded = history.endedSessions.has(id) || system.sessionsAreSwapped
    if (!isEnded && after < timeout)
      failNow(`${name} has given up a session of ${timeout} ms after ${Math.round(after)} ms`)
  })
  await world.sleep(random.int(1, LONG))
  world.network.unblock({ process: name })
  const taker = await taken
  await taker?.close()
}

/** Lets an event loop stand still for less than a session timeout, with nothing wrong besides: the connection stays. */
export async function standStillQuietly(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { givenUp, losses } = actor
  const { timeout } = actor.zk!.session
  await system.world.sleep(random.int(0, timeout))
  if (actor.losses !== losses) return
  actor.process.stall(Math.floor(timeout * 0.58))
  await system.world.sleep(2 * timeout)
  // A server may close the connection meanwhile, over an operation that it does not know.
  if (actor.givenUp !== givenUp)
    failNow(`${actor.name} has lost its connection, because it stood still for 0.58 of a session timeout`)
}

/** Closes a client between its handshake and \`connected\`: the server is told. */
export async function closeWhileRestoring(system: System): Promise<void> {
  const { world, history } = system
  const zk = await visitor(system, 'eve', { sessionTimeout: LONG })
  const { id } = zk.session
  await zk.exists('/', { watch: () => {} })
  world.network.reset({ process: 'eve' })
  const isRestoring = (): boolean => zk.state === 'suspended' && zk.session.server !== null
  for (let waited = 0; waited < LONG && !isRestoring(); waited++) await world.sleep(1)
  const isSeen = isRestoring() && zk.session.id === id
  await zk.close()
  if (isSeen && !history.endedSessions.has(id))
    failNow(`the session ${id} was closed while it was being restored, and lives on`)
}

/** Sends an operation that the server does not know, and one that it knows: the second waits for the next connection. */
export async function loseNothingBehindRefusal(system: System): Promise<void> {
  if (!['3.4', '3.5'].includes(system.settings.version)) return
  const zk = await visitor(system, 'fay', { sessionTimeout: LONG })
  const watch = zk.watch('/')
  try {
    await watch.ready
  } catch (error) {
    if (!ZooKeeperError.is(error)) throw error
    await zk.create('/fay', null, { mode: 'ephemeral' }).catch(lost => {
      failNow(`a request behind a refused one was told ${lost.code}, ${lost.outcome}`)
    })
  }
  await zk.close()
}

/** Writes more than a slow network carries within a session timeout, with nothing wrong besides: all of it arrives. */
export async function writeSlowly(system: System): Promise<void> {
  const data = Buffer.alloc(Math.min(100_000, system.settings.maxBuffer - 1000))
  const zk = await visitor(system, 'gus', { sessionTimeout: SHORT, maxInFlight: 1000 })
  const path = await zk.create('/gus', null, { mode: 'ephemeral' })
  system.world.network.slow({ process: 'gus' }, (24 * data.length) / (3 * SHORT))
  const writes = Array.from({ length: 24 }, () => zk.setData(path, data))
  await Promise.all(writes).catch(error => {
    const { message } = (error.cause ?? error) as Error
    failNow(`a write on a slow network failed, though the server read all the time: ${message}`)
  })
  system.world.network.heal()
  await zk.close()
}
