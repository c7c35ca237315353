import type { RecordedRequest, TestMember } from '@zookit/testing'
import type { Random } from '@zookit/testing/simulate'
import type { Actor } from '../actor.ts'
import { type AreaStep, area } from '../area.ts'
import type { Ground } from '../ground.ts'

type Fault = AreaStep<null>

/** Puts a fault in force for a while. */
async function forAWhile(
  ground: Ground,
  milliseconds: number,
  end: () => void | Promise<void>,
): Promise<void> {
  let isOver = false
  const endOnce = (): void => {
    if (isOver) return
    isOver = true
    ground.faults.delete(endOnce)
    void end()
  }
  ground.faults.add(endOnce)
  await ground.world.sleep(milliseconds)
  endOnce()
}

/** The length of a fault: mostly shorter than a session timeout, now and then longer. */
function aWhile(ground: Ground, random: Random): number {
  return random.delay(3 * ground.settings.options.sessionTimeout!)
}

function anyActor(ground: Ground, random: Random): Actor {
  return random.pick(ground.actors)
}

function anyMember(ground: Ground, random: Random): TestMember {
  return random.pick(ground.ensemble.members)
}

const isWrite = ({ operation }: { operation: string }): boolean =>
  ['create', 'create2', 'setData', 'delete', 'multi'].includes(operation)

/** The xid of the SetWatches that restores a session; others are requests like any. */
const REARMING = -8

function isRearming({ xid, operation }: RecordedRequest): boolean {
  return xid === REARMING && operation.startsWith('setWatches')
}

/** Notes that a client must tell of a failed attempt. */
function noteLoss(ground: Ground, { sessionId }: RecordedRequest): true {
  const actor = ground.actors.find(({ zk }) => zk?.session.id === sessionId)
  if (actor?.zk?.state === 'suspended') actor.wasLostInRestoration = true
  return true
}

const network: Record<string, Fault> = {
  'reset the connections of one client': {
    weight: 6,
    run: (_, ground, random) => ground.world.network.reset({ process: anyActor(ground, random).name }),
  },
  'reset all connections of one server': {
    weight: 2,
    run: (_, ground, random) => ground.world.network.reset({ server: anyMember(ground, random).hosts }),
  },
  'slow one client down': {
    weight: 2,
    run(_, ground, random) {
      ground.world.network.slow({ process: anyActor(ground, random).name }, random.pick([20, 100, 400]))
      return forAWhile(ground, 3 * aWhile(ground, random), () => ground.world.network.heal())
    },
  },
  'cut one client off': {
    weight: 3,
    run(_, ground, random) {
      ground.world.network.block({ process: anyActor(ground, random).name })
      return forAWhile(ground, aWhile(ground, random), () => ground.world.network.heal())
    },
  },
  'cut one client off from one server': {
    weight: 3,
    run(_, ground, random) {
      const between = { process: anyActor(ground, random).name, server: anyMember(ground, random).hosts }
      ground.world.network.block(between)
      return forAWhile(ground, aWhile(ground, random), () => ground.world.network.heal())
    },
  },
}

const servers: Record<string, Fault> = {
  'stop a server': {
    weight: 2,
    async run(_, ground, random) {
      const member = anyMember(ground, random)
      ground.world.note(`server ${member.id} stops`)
      await member.stop()
      await forAWhile(ground, aWhile(ground, random), () => {
        ground.world.note(`server ${member.id} starts`)
        return member.start()
      })
    },
  },
  'let a follower lag': {
    weight: 3,
    run(_, ground, random) {
      const { followers } = ground.ensemble
      if (followers.length === 0) return
      const member = random.pick(followers)
      ground.world.note(`server ${member.id} lags`)
      member.stall()
      return forAWhile(ground, aWhile(ground, random), () => member.catchUp())
    },
  },
  'elect another leader': {
    weight: 2,
    run(_, ground, random) {
      const { followers } = ground.ensemble
      if (followers.length === 0) return
      const member = random.pick(followers)
      ground.world.note(`server ${member.id} leads`)
      member.becomeLeader()
    },
  },
  'part the ensemble': {
    weight: 1,
    run(_, ground, random) {
      const member = anyMember(ground, random)
      if (ground.ensemble.members.length === 1) return
      ground.world.note(`server ${member.id} is cut off from the others`)
      member.cut()
      return forAWhile(ground, aWhile(ground, random), () => member.heal())
    },
  },
  'throttle a server': {
    weight: 1,
    run(_, ground, random) {
      const member = anyMember(ground, random)
      ground.world.note(`server ${member.id} throttles`)
      member.throttle(true)
      return forAWhile(ground, random.delay(1000), () => member.throttle(false))
    },
  },
}

const replies: Record<string, Fault> = {
  'lose the reply of a write': {
    weight: 6,
    run(_, ground, random) {
      ground.world.note('the next write is applied, and its connection is lost')
      anyMember(ground, random).loseNextReply(isWrite)
    },
  },
  'lose a request': {
    weight: 3,
    run(_, ground, random) {
      ground.world.note('the next write is lost with its connection')
      anyMember(ground, random).dropNextRequest(isWrite)
    },
  },
  'cut a reply off in its middle': {
    weight: 2,
    run: (_, ground, random) => void anyMember(ground, random).closeMidFrame(isWrite),
  },
  'withhold replies': {
    weight: 3,
    run(_, ground, random) {
      const member = anyMember(ground, random)
      ground.world.note(`server ${member.id} withholds replies`)
      member.holdReplies()
      return forAWhile(ground, aWhile(ground, random), () => member.releaseReplies())
    },
  },
  'lose every re-arming for a while': {
    weight: 1,
    run(_, ground, random) {
      ground.world.note('connections are lost over the re-arming of watches')
      const lost = (request: RecordedRequest): boolean => isRearming(request) && noteLoss(ground, request)
      const planned = ground.ensemble.members.flatMap(member =>
        Array.from({ length: 300 }, () => member.dropNextRequest(lost)),
      )
      const longest = 3 * ground.settings.options.sessionTimeout!
      return forAWhile(ground, random.int(1, longest), () => {
        for (const each of planned) each.cancel()
      })
    },
  },
  'refuse to re-arm watches': {
    weight: 1,
    run(_, ground, random) {
      ground.world.note('the next re-arming of watches is refused')
      anyMember(ground, random).rejectSetWatches()
    },
  },
}

const sessions: Record<string, Fault> = {
  'expire a session': {
    weight: 2,
    run(_, ground, random) {
      const { zk, name } = anyActor(ground, random)
      const { leader } = ground.ensemble
      if (!zk || !leader?.sessions().some(({ id }) => id === zk.session.id)) return
      ground.world.note(`the session of ${name} expires before its time`)
      ground.expiredByForce.add(zk.session.id)
      leader.expireSession(zk.session.id)
    },
  },
  'swap resumed sessions': {
    weight: 1,
    run(_, ground, random) {
      if (!ground.settings.swaps) return
      const member = anyMember(ground, random)
      ground.sessionsAreSwapped = true
      ground.world.note(`server ${member.id} swaps sessions`)
      member.swapSessionIds(true)
      return forAWhile(ground, aWhile(ground, random), () => member.swapSessionIds(false))
    },
  },
}

const processes: Record<string, Fault> = {
  'stall an event loop': {
    weight: 3,
    run: (_, ground, random) => anyActor(ground, random).process.stall(aWhile(ground, random)),
  },
  'suspend a machine': {
    weight: 1,
    run(_, ground, random) {
      const actor = anyActor(ground, random)
      actor.wasSuspended = true
      actor.process.suspend(aWhile(ground, random))
    },
  },
  'let a wall clock jump': {
    weight: 1,
    run(_, ground, random) {
      const actor = anyActor(ground, random)
      actor.clockWasMoved = true
      actor.process.jumpWallClock(random.int(-3_600_000, 3_600_000))
    },
  },
  'kill a process': {
    weight: 1,
    run: (_, ground, random) => anyActor(ground, random).restart(),
  },
}

/** Everything that goes wrong around the clients. */
export const faults = area<null>({
  name: 'faults',
  begin: () => null,
  steps: { ...network, ...servers, ...replies, ...sessions, ...processes },
})
