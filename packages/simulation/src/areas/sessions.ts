import type { SessionState } from '@zookit/client'
import type { Actor } from '../actor.ts'
import { area } from '../area.ts'
import type { Ground } from '../ground.ts'
import { failNow } from '../violation.ts'

interface Own {
  /** The last states of each life, to check which state follows which. */
  readonly followed: Map<string, SessionState>
}

/** Throws when a client takes a session for certain that has ended at the servers. */
function checkCertain(actor: Actor, ground: Ground): void {
  const { zk, name, wasSuspended } = actor
  if (zk === null || wasSuspended || ground.sessionsAreSwapped) return
  const { id, certainUntil } = zk.session
  const isCertain = zk.state === 'connected' && zk.environment.now() < certainUntil
  if (!isCertain || ground.expiredByForce.has(id)) return
  if (ground.history.endedSessions.has(id))
    failNow(`${name} takes its session ${id} for certain, and it has ended`)
}

/** Sessions: certain never longer than they live, and closed without anything left behind. */
export const sessions = area<Own>({
  name: 'sessions',
  begin: () => ({ followed: new Map() }),
  steps: {
    'change the list of servers': {
      weight: 1,
      run(_, ground, random) {
        const { zk } = random.pick(ground.actors)
        const { members } = ground.ensemble
        const few = members.slice(random.int(0, members.length - 1)).map(({ hosts }) => hosts)
        zk?.updateServers(few.join(',') + ground.settings.options.chroot)
      },
    },
    'present an identity': {
      weight: 1,
      async run(_, ground, random) {
        const actor = random.pick(ground.actors)
        if (actor.zk === null) return
        const presented = actor.zk.addAuth('digest', `user${random.int(1, 2)}:secret`)
        await actor.follow(presented).catch(error => {
          if (!['CLOSED', 'SESSION_EXPIRED', 'CONNECTION_LOSS'].includes(error.code)) throw error
        })
      },
    },
  },
  check(_, ground) {
    for (const actor of ground.actors) checkCertain(actor, ground)
  },
  end(_, ground) {
    for (const { name, process } of ground.actors) {
      const { timers, sockets } = process.resources
      if (timers + sockets > 0)
        failNow(`${name} has ${timers} timers and ${sockets} sockets left after close()`)
    }
  },
})
