import type { RecordedRequest, TestMember } from '@zookit/testing'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { type AreaStep, area } from '../area.ts'
import type { System } from '../system.ts'

type Fault = AreaStep<null>

/** Puts a fault in force for a while. */
async function forAWhile(
  system: System,
  milliseconds: number,
  end: () => void | Promise<void>,
): Promise<void> {
  let isOver = false
  const endOnce = (): void => {
    if (isOver) return
    isOver = true
    system.faults.delete(endOnce)
    void end()
  }
  system.faults.add(endOnce)
  // What takes its time to begin, as the stop of a server does, may do so after the end of all faults.
  await system.world.sleep(system.isHealed ? 0 : milliseconds)
  endOnce()
}

/** Returns the length of a fault: mostly shorter than a session timeout, now and then longer. */
function aWhile(system: System, random: Random): number {
  return random.delay(3 * system.settings.options.sessionTimeout!)
}

function anyActor(system: System, random: Random): Actor {
  return random.pick(system.actors)
}

function anyMember(system: System, random: Random): TestMember {
  return random.pick(system.ensemble.members)
}

const isWrite = ({ operation }: { operation: string }): boolean =>
  ['create', 'create2', 'setData', 'delete', 'multi'].includes(operation)

const isRead = ({ operation }: { operation: string }): boolean =>
  ['getData', 'getChildren', 'getChildren2', 'exists', 'sync'].includes(operation)

/** The xid of the SetWatches that restores a session; others are requests like any. */
const SET_WATCHES = -8

function isSetWatches({ xid, operation }: RecordedRequest): boolean {
  return xid === SET_WATCHES && operation.startsWith('setWatches')
}

function actorOf(system: System, { sessionId }: RecordedRequest): Actor | undefined {
  return system.actors.find(({ zk }) => zk?.session.id === sessionId)
}

/** Notes that a client must tell of a failed attempt. */
function noteLoss(system: System, request: RecordedRequest): true {
  const actor = actorOf(system, request)
  if (actor?.zk?.state === 'suspended') actor.wasLostInRestore = true
  return true
}

/** Loses reads, each with its connection. */
function loseReads(system: System, random: Random): void {
  const count = random.int(1, 3)
  system.world.note(`the next ${count} reads are lost, each with its connection`)
  const member = anyMember(system, random)
  for (let i = 0; i < count; i++) member.dropNextRequest(isRead)
}

/** Loses the next `sync` at each server: who waits for one that lags reads it again. */
function loseSyncs(system: System): void {
  system.world.note('the next sync of each server is lost with its connection')
  for (const member of system.ensemble.members) member.dropNextRequest('sync')
}

/** The longest time after a lost answer in which its client may still look for what became of the write, in milliseconds. */
const TIME_TO_LOOK = 100

/** Cuts a client off that has just lost the answer to a write: it gives its look-up up, or its session ends before. */
async function cutOff(system: System, random: Random, { name }: Actor): Promise<void> {
  const { world, settings } = system
  let isOver = false
  void world.sleep(random.int(0, TIME_TO_LOOK)).then(() => {
    if (!isOver) world.network.block({ process: name })
  })
  await forAWhile(system, TIME_TO_LOOK + random.int(1, 3 * settings.options.sessionTimeout!), () => {
    isOver = true
    world.network.unblock({ process: name })
  })
}

const network: Record<string, Fault> = {
  'reset the connections of one client': {
    weight: 6,
    run: (_, system, random) => system.world.network.reset({ process: anyActor(system, random).name }),
  },
  'reset all connections of one server': {
    weight: 2,
    run: (_, system, random) => system.world.network.reset({ server: anyMember(system, random).hosts }),
  },
  'slow one client down': {
    weight: 2,
    run(_, system, random) {
      system.world.network.slow({ process: anyActor(system, random).name }, random.pick([20, 100, 400]))
      return forAWhile(system, 3 * aWhile(system, random), () => system.world.network.heal())
    },
  },
  'cut one client off': {
    weight: 3,
    run(_, system, random) {
      system.world.network.block({ process: anyActor(system, random).name })
      return forAWhile(system, aWhile(system, random), () => system.world.network.heal())
    },
  },
  'cut one client off from one server': {
    weight: 3,
    run(_, system, random) {
      const between = { process: anyActor(system, random).name, server: anyMember(system, random).hosts }
      system.world.network.block(between)
      return forAWhile(system, aWhile(system, random), () => system.world.network.heal())
    },
  },
}

const servers: Record<string, Fault> = {
  'stop a server': {
    weight: 2,
    async run(_, system, random) {
      const member = anyMember(system, random)
      system.world.note(`server ${member.id} stops`)
      await member.stop()
      await forAWhile(system, aWhile(system, random), () => {
        system.world.note(`server ${member.id} starts`)
        return member.start()
      })
    },
  },
  'let a follower lag': {
    weight: 3,
    run(_, system, random) {
      const { followers } = system.ensemble
      if (followers.length === 0) return
      const member = random.pick(followers)
      system.world.note(`server ${member.id} lags`)
      member.stall()
      if (system.settings.losesLookUps && random.chance(0.5)) loseSyncs(system)
      return forAWhile(system, aWhile(system, random), () => member.catchUp())
    },
  },
  'elect another leader': {
    weight: 2,
    run(_, system, random) {
      const { followers } = system.ensemble
      if (followers.length === 0) return
      const member = random.pick(followers)
      system.world.note(`server ${member.id} leads`)
      member.becomeLeader()
    },
  },
  'part the ensemble': {
    weight: 1,
    run(_, system, random) {
      const member = anyMember(system, random)
      if (system.ensemble.members.length === 1) return
      system.world.note(`server ${member.id} is cut off from the others`)
      member.cut()
      return forAWhile(system, aWhile(system, random), () => member.heal())
    },
  },
  'throttle a server': {
    weight: 1,
    run(_, system, random) {
      const member = anyMember(system, random)
      system.world.note(`server ${member.id} throttles`)
      member.throttle(true)
      return forAWhile(system, random.delay(1000), () => member.throttle(false))
    },
  },
}

const replies: Record<string, Fault> = {
  'lose the reply of a write': {
    weight: 6,
    run(_, system, random) {
      const isCutOff = system.settings.losesLookUps && random.chance(0.7)
      const then = isCutOff ? ', and its client is cut off' : ''
      system.world.note(`the next write is applied, and its connection is lost${then}`)
      anyMember(system, random).loseNextReply(request => {
        const actor = actorOf(system, request)
        if (isCutOff && isWrite(request) && actor) void cutOff(system, random, actor)
        return isWrite(request)
      })
    },
  },
  'lose a request': {
    weight: 3,
    run(_, system, random) {
      if (system.settings.losesLookUps && random.chance(0.7)) return loseReads(system, random)
      system.world.note('the next write is lost with its connection')
      anyMember(system, random).dropNextRequest(isWrite)
    },
  },
  'cut a reply off in its middle': {
    weight: 2,
    run: (_, system, random) => void anyMember(system, random).closeMidFrame(isWrite),
  },
  'withhold replies': {
    weight: 3,
    run(_, system, random) {
      const member = anyMember(system, random)
      system.world.note(`server ${member.id} withholds replies`)
      member.holdReplies()
      return forAWhile(system, aWhile(system, random), () => member.releaseReplies())
    },
  },
  'lose every re-arming for a while': {
    weight: 1,
    run(_, system, random) {
      system.world.note('connections are lost over the re-arming of watches')
      const lost = (request: RecordedRequest): boolean => isSetWatches(request) && noteLoss(system, request)
      const planned = system.ensemble.members.flatMap(member =>
        Array.from({ length: 300 }, () => member.dropNextRequest(lost)),
      )
      const longest = 3 * system.settings.options.sessionTimeout!
      return forAWhile(system, random.int(1, longest), () => {
        for (const each of planned) each.cancel()
      })
    },
  },
  'refuse to re-arm watches': {
    weight: 1,
    run(_, system, random) {
      system.world.note('the next re-arming of watches is refused')
      anyMember(system, random).rejectSetWatches()
    },
  },
}

const sessions: Record<string, Fault> = {
  'expire a session': {
    weight: 2,
    run(_, system, random) {
      const { zk, name } = anyActor(system, random)
      const { leader } = system.ensemble
      if (!zk || !leader?.sessions().some(({ id }) => id === zk.session.id)) return
      system.world.note(`the session of ${name} expires before its time`)
      system.expiredByForce.add(zk.session.id)
      leader.expireSession(zk.session.id)
    },
  },
  'swap resumed sessions': {
    weight: 1,
    run(_, system, random) {
      if (!system.settings.swaps) return
      const member = anyMember(system, random)
      system.sessionsAreSwapped = true
      system.world.note(`server ${member.id} swaps sessions`)
      member.swapSessionIds(true)
      return forAWhile(system, aWhile(system, random), () => member.swapSessionIds(false))
    },
  },
}

const processes: Record<string, Fault> = {
  'stall an event loop': {
    weight: 3,
    run: (_, system, random) => anyActor(system, random).process.stall(aWhile(system, random)),
  },
  'suspend a machine': {
    weight: 1,
    run(_, system, random) {
      const actor = anyActor(system, random)
      actor.wasSuspended = true
      actor.process.suspend(aWhile(system, random))
    },
  },
  'let a wall clock jump': {
    weight: 1,
    run(_, system, random) {
      const actor = anyActor(system, random)
      actor.clockWasMoved = true
      actor.process.jumpWallClock(random.int(-3_600_000, 3_600_000))
    },
  },
  'kill a process': {
    weight: 1,
    run: (_, system, random) => anyActor(system, random).restart(),
  },
}

/** Everything that goes wrong around the clients. */
export const faults = area<null>({
  name: 'faults',
  begin: () => null,
  steps: { ...network, ...servers, ...replies, ...sessions, ...processes },
})
