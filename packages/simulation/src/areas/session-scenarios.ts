import { type ConnectOptions, connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { Random, SimulatedProcess } from '@zookit/testing/simulate'
import type { Ground } from '../ground.ts'
import { failNow } from '../violation.ts'

/** Connects a client of its own, beside the actors. */
async function visitor(
  ground: Ground,
  name: string,
  options: ConnectOptions,
): Promise<{ zk: ZooKeeper; process: SimulatedProcess }> {
  const process = ground.world.process(name)
  const zk = await connect(ground.ensemble.hosts, {
    connectTimeout: Number.POSITIVE_INFINITY,
    environment: process.environment,
    backoff: { initial: 50, max: 1000 },
    ...options,
  })
  return { zk, process }
}

/** The timeouts of a session that is handed over: what its maker asked for, and what its taker asks for. */
const LONG = 8000
const SHORT = 2000

/** Hands a session over to a process that asks for a shorter timeout, and cuts that process off for a while. */
export async function handOver(ground: Ground, random: Random): Promise<void> {
  const { world } = ground
  const name = `taker ${ground.visitors++}`
  const maker = await visitor(ground, `maker of ${name}`, { sessionTimeout: LONG })
  const { session } = maker.zk
  const identity = { id: session.id, password: session.password, timeout: session.timeout }
  await maker.zk.close({ keepSession: true })
  const { zk, process } = await visitor(ground, name, { sessionTimeout: SHORT, session: identity })
  // A session that was not resumed, because it had expired, has another id.
  if (zk.session.id === identity.id) {
    const { timeout } = zk.session
    zk.on('state', state => {
      if (state !== 'expired' || ground.history.endedSessions.has(identity.id)) return
      const silent = world.now - world.network.takenAt(name)
      if (!ground.sessionsAreSwapped && silent < timeout)
        failNow(`${name} has given its session of ${timeout} ms up after ${Math.round(silent)} ms`)
    })
    world.network.block({ process: name })
    await world.sleep(random.int(1, LONG))
    world.network.unblock({ process: name })
  }
  await zk.close()
  const { timers, sockets } = process.resources
  if (timers + sockets > 0) failNow(`${name} has ${timers} timers and ${sockets} sockets left after close()`)
}

/** Lets an event loop stand still for less than a session timeout, with nothing wrong besides: the connection stays. */
export async function standStillQuietly(ground: Ground, random: Random): Promise<void> {
  const actor = random.pick(ground.actors)
  const { losses } = actor
  const { timeout } = actor.zk!.session
  await ground.world.sleep(random.int(0, timeout))
  if (actor.losses !== losses) return
  actor.process.stall(Math.floor(timeout * 0.58))
  await ground.world.sleep(2 * timeout)
  if (actor.losses !== losses)
    failNow(`${actor.name} has lost its connection, because it stood still for 0.58 of a session timeout`)
}

/** Closes a client between its handshake and \`connected\`: the server is told. */
export async function closeWhileRestoring(ground: Ground): Promise<void> {
  const { world, history } = ground
  const { zk } = await visitor(ground, 'eve', { sessionTimeout: LONG })
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

/** Asks a server for what it does not know, and for what it does: the latter waits for the next connection. */
export async function loseNothingBehindRefusal(ground: Ground): Promise<void> {
  if (!['3.4', '3.5'].includes(ground.settings.version)) return
  const { zk } = await visitor(ground, 'fay', { sessionTimeout: LONG })
  const watch = zk.watch('/')
  try {
    await watch.ready
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
    await zk.create('/fay', null, { mode: 'ephemeral' }).catch(lost => {
      failNow(`a request behind a refused one was told ${lost.code}, ${lost.outcome}`)
    })
  }
  await zk.close()
}
