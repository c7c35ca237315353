import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { ZooKeeper } from '@zookit/client'
import type { LossReason } from './errors.ts'
import type { OwnNode } from './ownership.ts'

/** The message of the channel `zookit:recipe`: a call that waits for its turn, such as `acquire` of a lock. */
export interface RecipeTrace {
  /** The name of the method that was called. */
  operation: string
  /** The path of the recipe. */
  path: string
  sessionId: bigint
  /** The milliseconds from the call to its end; undefined until then. */
  duration: number | undefined
  /** The result of the call; undefined until it is fulfilled. */
  result?: unknown
  /** The error of the call; undefined until it is rejected. */
  error?: unknown
}

/** The message of the channel `zookit:hold`, at the begin of an ownership and, the same object, at its end. */
export interface HoldTrace {
  /** The path of the znode that stands for the ownership. */
  path: string
  sessionId: bigint
  /** The fencing token. */
  token: bigint
  /** The milliseconds for which it was held; undefined until the end. */
  duration: number | undefined
  /** The reason of the end; null until then. */
  reason: LossReason | null
}

/** The channel of calls that wait for their turn, a TracingChannel: start, end, asyncStart, asyncEnd, error. */
export const recipeChannel: TracingChannel<unknown, RecipeTrace> = tracingChannel('zookit:recipe')
/** The channel of ownerships: locks, permits, leaderships and memberships of barriers. */
export const holdChannel: Channel = channel('zookit:hold')

/** Runs a call that waits for its turn, and publishes its begin and its end. */
export function tracedWait<Result>(
  zk: ZooKeeper,
  operation: string,
  path: string,
  run: () => Promise<Result>,
): Promise<Result> {
  if (!recipeChannel.hasSubscribers) return run()
  const { environment } = zk
  const startedAt = environment.now()
  const trace: RecipeTrace = { operation, path, sessionId: zk.sessionId, duration: undefined }
  const timed = async (): Promise<Result> => {
    try {
      return await run()
    } finally {
      trace.duration = environment.now() - startedAt
    }
  }
  return recipeChannel.tracePromise(timed, trace) as Promise<Result>
}

/** Publishes the begin of an ownership. @returns a function that publishes its end; undefined if nobody listens. */
export function tracedHold(
  zk: ZooKeeper,
  { path, session }: Pick<OwnNode, 'path' | 'session'>,
  token: bigint,
): ((reason: LossReason) => void) | undefined {
  if (!holdChannel.hasSubscribers) return undefined
  const { environment } = zk
  const startedAt = environment.now()
  const trace: HoldTrace = { path, sessionId: session, token, duration: undefined, reason: null }
  holdChannel.publish(trace)
  return reason => {
    trace.duration = environment.now() - startedAt
    trace.reason = reason
    holdChannel.publish(trace)
  }
}
