import { counted } from '@zookit/client'
import { type DissectedFrame, formatFrame } from '@zookit/jute/dissect'
import type { Context } from '../../program/context.ts'
import { flag, parsed, type Spec, text, whole } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { hex } from '../../text/stat.ts'
import { errorOf, fieldOf, PING_XID, pathsOf } from './frame-facts.ts'

/** Options that choose and print frames. */
export interface FrameFilter {
  readonly path: string | undefined
  readonly op: string | undefined
  readonly session: bigint | undefined
  readonly slow: number | undefined
  readonly fields: boolean
  readonly pings: boolean
}

export const frameOptions: { readonly [Name in keyof FrameFilter]: Spec<FrameFilter[Name]> } = {
  path: text('PATH', 'only requests and events on this path and below it, and the replies'),
  op: text('NAME', 'only this operation, such as getData or create'),
  session: parsed('ID', 'only this session, 0x and hexadecimal digits', sessionId),
  slow: whole('MS', 'only requests whose reply took as long, with the reply'),
  fields: flag('print every field with its bytes', 'v'),
  pings: flag('print heartbeats too'),
}

function sessionId(given: string): bigint {
  if (/^0x[0-9a-f]{1,16}$/i.test(given)) return BigInt(given)
  throw new UsageError(`must be a session id such as 0x10000ce8e750043, not '${given}'`)
}

/** A request whose reply is waited for. */
interface Pending {
  readonly frame: DissectedFrame
  readonly time: number
  readonly isWanted: boolean
}

/** Prints the frames of one connection that a filter lets through, one line each, replies with their time. */
export class FramePrinter {
  readonly #context: Context
  readonly #filter: FrameFilter
  readonly #peer: string
  readonly #pending = new Map<number, Pending>()
  #session: bigint | undefined

  /** @param peer name of the connection, such as the client's address. */
  constructor(context: Context, filter: FrameFilter, peer: string) {
    this.#context = context
    this.#filter = filter
    this.#peer = peer
  }

  /** Takes a frame. @param time in milliseconds. */
  take(frame: DissectedFrame, time: number): void {
    if (frame.kind === 'connect-response')
      this.#session = fieldOf(frame.fields, 'sessionId') as bigint | undefined
    if (frame.xid === PING_XID && !this.#filter.pings) return
    const request = frame.kind === 'reply' && frame.xid !== null ? this.#pending.get(frame.xid) : undefined
    if (request !== undefined) this.#pending.delete(frame.xid!)
    const isWanted = request?.isWanted ?? this.#matches(frame)
    if (frame.kind === 'request' && frame.xid !== null)
      this.#pending.set(frame.xid, { frame, time, isWanted })
    if (!isWanted || !this.#isOfSession()) return
    const { slow } = this.#filter
    if (slow === undefined) return this.#print(frame, time, request && time - request.time)
    if (request === undefined || time - request.time < slow) return
    this.#print(request.frame, request.time, undefined)
    this.#print(frame, time, time - request.time)
  }

  #matches(frame: DissectedFrame): boolean {
    const { path, op } = this.#filter
    if (op !== undefined && frame.operation?.toLowerCase() !== op.toLowerCase()) return false
    if (path === undefined) return true
    return pathsOf(frame.fields).some(
      each => each === path || each.startsWith(path === '/' ? '/' : `${path}/`),
    )
  }

  #isOfSession(): boolean {
    const { session } = this.#filter
    return (
      session === undefined || (this.#session !== undefined && BigInt.asUintN(64, this.#session) === session)
    )
  }

  #print(frame: DissectedFrame, time: number, took: number | undefined): void {
    const { side, kind, operation, xid, length, fault } = frame
    const paths = pathsOf(frame.fields)
    const err = kind === 'reply' ? errorOf(frame.fields) : null
    const session = this.#session === undefined ? null : hex(this.#session)
    const at = new Date(time).toISOString()
    const value = {
      at,
      peer: this.#peer,
      session,
      side,
      kind,
      operation,
      xid,
      length,
      paths,
      err,
      took,
      fault,
    }
    const { out } = this.#context
    out.result(value, () => {
      const head = `${at.slice(11, 23)} ${this.#peer} ${side === 'client' ? '>' : '<'} ${operation ?? kind}`
      const facts = [
        ...(operation === null ? [] : [kind]),
        ...(xid === null ? [] : [`xid ${xid}`]),
        ...paths,
        ...(err === null ? [] : [out.style('red', err)]),
        ...(took === undefined ? [] : [`${took.toFixed(1)} ms`]),
        ...(fault === null ? [] : [out.style('red', `malformed: ${fault.reason}`)]),
        counted(length, 'byte'),
      ]
      const line = `${head} ${facts.join(' ')}`
      return this.#filter.fields ? `${line}\n${formatFrame(frame)}` : line
    })
  }
}
