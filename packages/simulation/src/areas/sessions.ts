import { ZooKeeperError } from '@zookit/client'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { System } from '../system.ts'
import { failNow } from '../violation.ts'
import {
  closeWhileRestoring,
  handOver,
  loseNothingBehindRefusal,
  standStillQuietly,
  writeSlowly,
} from './session-scenarios.ts'

/** The znode that long writes go to. */
const BULK = '/bulk'
const BULK_SIZE = 100_000

interface Own {
  readonly random: Random
  /** The last state of a session that its client knew. */
  readonly known: Map<string, Known>
}

/** A session as its client last knew it. */
interface Known {
  readonly id: bigint
  readonly certainUntil: number
  readonly lastZxid: bigint
}

/** The part of its timeout for which a session may be kept without a connection: 4/3 from when a server last spoke. */
const LONGEST_SUSPENSION = 3

/** Notes which sessions a follower that has not yet heard of their end still serves (docs/guarantees.md). */
function noteServedBehind({ ensemble, history, servedBehind, world }: System): void {
  for (const [id, ended] of history.endedSessions) {
    const isServed = ensemble.members.some(
      member => member.lastZxid < ended && member.connections().some(({ sessionId }) => sessionId === id),
    )
    if (isServed) servedBehind.set(id, world.now)
  }
}

/** Throws when a client takes a session for certain that has ended at the servers. */
function checkCertain(actor: Actor, system: System): void {
  const { zk, name, process } = actor
  if (zk === null || process.stillUntil > system.world.now || system.sessionsAreSwapped) return
  // A wall clock that is set back while the machine is suspended hides the suspension (docs/guarantees.md).
  if (actor.wasSuspended && actor.clockWasMoved) return
  const { id, certainUntil } = zk.session
  const isCertain = zk.state === 'connected' && zk.environment.now() < certainUntil
  if (!isCertain || system.expiredByForce.has(id)) return
  if (!system.history.endedSessions.has(id)) return
  // What such a follower has answered may still be on its way.
  const behind = system.servedBehind.get(id) ?? Number.NEGATIVE_INFINITY
  if (system.world.now - behind > zk.session.timeout)
    failNow(`${name} takes its session ${id} for certain, and it has ended`)
}

/** Throws when a client gives its session up before the servers may, or keeps it when no server has spoken for long. */
function checkExpiry(own: Own, actor: Actor, system: System): void {
  const { zk, name, process, wasSuspended } = actor
  if (zk === null || wasSuspended || process.stillUntil > system.world.now) return
  const life = `${name}#${actor.life}`
  const now = zk.environment.now()
  const known = own.known.get(life)
  const { id, timeout, certainUntil } = zk.session
  if (known !== undefined && known.id !== 0n && id !== known.id) {
    const isExplained =
      system.history.endedSessions.has(known.id) ||
      system.expiredByForce.has(known.id) ||
      system.sessionsAreSwapped
    if (!isExplained && now < known.certainUntil)
      failNow(
        `${name} has given its session ${known.id} up, which lives for ${known.certainUntil - now} ms still`,
      )
  }
  const { lastZxid } = zk.session
  if (known?.id === id && lastZxid < known.lastZxid && !system.sessionsAreSwapped)
    failNow(`${name} has seen ${known.lastZxid}, and then ${lastZxid}`)
  own.known.set(life, { id, certainUntil, lastZxid })
  // A server that takes the session over has spoken, also when the connection is lost before it is restored.
  const suspended = now - Math.max(actor.suspendedAt ?? now, certainUntil - timeout)
  // Time in which the process stood still is given again.
  if (process.stillUntil < now - suspended && suspended > LONGEST_SUSPENSION * timeout)
    failNow(`${name} has kept its session ${id} of ${timeout} ms without a connection for ${suspended} ms`)
}

/** The time in which attempts are counted, and how many there may be at one address in that time: each is followed by a four-letter word if a server refuses it. */
const PERIOD = 5000
const MOST_ATTEMPTS = 120

/** Throws when a client tries one connection after the other, as fast as it can. */
function checkAttempts({ name, attempts }: Actor, { world, settings }: System): void {
  const lately = attempts.filter(at => at > world.now - PERIOD).length
  if (lately > MOST_ATTEMPTS * Math.max(settings.addresses, 1))
    failNow(`${name} has begun ${lately} connections in ${PERIOD} ms`)
}

/** Throws when a connection was given up as one whose server reads nothing, though it has read. */
function checkLoss(actor: Actor, system: System, error: unknown): void {
  const { cause } = error as { cause?: { message?: string } }
  const claimed = /has read nothing for (\d+) ms/.exec(cause?.message ?? '')
  if (claimed === null) return
  const { world } = system
  const silent = world.now - world.network.takenAt(actor.name)
  if (silent < Number(claimed[1]) / 2)
    failNow(`${actor.name} was told ${cause?.message}, and a server has read ${Math.round(silent)} ms ago`)
}

/** Writes so much at once that a slow network needs longer for it than a server may be silent. */
async function writeMuch(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null || system.settings.maxBuffer < BULK_SIZE) return
  system.world.note(`${actor.name}: 24 writes of 100 kB`)
  system.world.network.slow({ process: actor.name }, random.int(300, 1500))
  const bytes = Buffer.alloc(BULK_SIZE)
  const written = Array.from({ length: 24 }, () =>
    zk.setData(BULK, bytes).catch(error => checkLoss(actor, system, error)),
  )
  await actor.follow(Promise.all(written))
}

/** Lets a machine or an event loop stand still, and looks at once when it goes on: before any timer or socket of it. */
async function standStill(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { process, life } = actor
  // Standstills that add up would take all the time of the run.
  if (process.stillUntil > system.world.now) return
  const milliseconds = random.int(1, 4 * system.settings.options.sessionTimeout!)
  const isMachine = random.chance(0.5)
  if (isMachine) actor.wasSuspended = true
  if (isMachine) process.suspend(milliseconds)
  else process.stall(milliseconds)
  await system.world.sleep(process.stillUntil - system.world.now)
  noteServedBehind(system)
  if (actor.life === life) checkCertain(actor, system)
}

/** Ends one client in good order, and starts another one in its place. */
async function closeOne(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk, life, process, name } = actor
  if (zk === null || process.stillUntil > system.world.now) return
  system.world.note(`${name}: close()`)
  const closed = zk.close()
  if (zk.environment.now() < zk.session.certainUntil)
    failNow(`${name} is certain of a session that it closes`)
  const isOver = await actor.follow(closed.then(() => true))
  if (!isOver || actor.life !== life) return
  const { timers, sockets } = process.resources
  if (sockets > 0) failNow(`${name} has ${timers} timers and ${sockets} sockets left after close()`)
  actor.restart()
}

/** Codes of errors that end the presentation of an identity that a server accepts. */
const IDENTITY_ENDS = ['ABORTED', 'CLOSED', 'SESSION_EXPIRED', 'CONNECTION_LOSS', 'AUTH_FAILED']

/** Presents an identity of a scheme that no server knows: the client ends, and says so to everybody. */
async function beRefused(system: System, random: Random): Promise<void> {
  const actor = random.pick(system.actors)
  const { zk } = actor
  if (zk === null) return
  system.world.note(`${actor.name}: presents an identity that is refused`)
  const presented = zk.addAuth('unheard-of', 'secret').then(
    () => true,
    (error: unknown) => {
      if (!ZooKeeperError.is(error) || !IDENTITY_ENDS.includes(error.code)) throw error
      return false
    },
  )
  if (await actor.follow(presented)) failNow(`${actor.name} has an identity that no server accepts`)
}

/** Sessions: certain never longer than they live, and closed without anything left behind. */
export const sessions = area<Own>({
  name: 'sessions',
  begin(system, random) {
    system.seed({ [BULK.slice(1)]: '' })
    return { random, known: new Map() }
  },
  steps: {
    'write much at once': { weight: 4, run: (_, system, random) => writeMuch(system, random) },
    'look right after a standstill': { weight: 3, run: (_, system, random) => standStill(system, random) },
    'hand a session over': { weight: 1, run: (_, system, random) => handOver(system, random) },
    'close a client': { weight: 1, run: (_, system, random) => closeOne(system, random) },
    'change the list of servers': {
      weight: 1,
      run(_, system, random) {
        const { zk } = random.pick(system.actors)
        const { members } = system.ensemble
        const few = members.slice(random.int(0, members.length - 1)).map(({ hosts }) => hosts)
        zk?.updateServers(few.join(',') + system.settings.options.chroot)
      },
    },
    'present an identity that is refused': {
      weight: 0.3,
      run: (_, system, random) => beRefused(system, random),
    },
    'present an identity': {
      weight: 1,
      async run(_, system, random) {
        const actor = random.pick(system.actors)
        if (actor.zk === null) return
        const identity = `user${random.int(1, 2)}:secret`
        // It is presented to no server any more, also while the newest presentation is on its way.
        if (random.chance(0.3))
          actor.process.environment.setTimer(() => actor.zk?.removeAuth('digest', identity), 5)
        const presented = actor.zk.addAuth('digest', identity)
        await actor.follow(presented).catch(error => {
          if (!IDENTITY_ENDS.includes(error.code)) throw error
        })
      },
    },
  },
  check(own, system) {
    noteServedBehind(system)
    for (const actor of system.actors) {
      checkCertain(actor, system)
      checkExpiry(own, actor, system)
      checkAttempts(actor, system)
    }
  },
  async quiet({ random }, system) {
    await standStillQuietly(system, random)
    if (random.chance(0.2)) await writeSlowly(system)
    await closeWhileRestoring(system)
    await loseNothingBehindRefusal(system)
  },
  end(_, system) {
    for (const { name, process } of system.actors) {
      const { timers, sockets } = process.resources
      if (timers + sockets > 0)
        failNow(`${name} has ${timers} timers and ${sockets} sockets left after close()`)
    }
  },
})
