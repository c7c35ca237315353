import { types } from 'node:util'
import { badArguments, describe, whole } from '../arguments.ts'
import { operationByCode } from '../opcodes.ts'
import type { RecordedRequest } from './recorder.ts'

/** The requests that a fault applies to: an operation's name, a name and a path, or a test of the decoded request. */
export type RequestMatcher =
  | string
  | { readonly operation?: string; readonly path?: string | RegExp }
  | ((request: RecordedRequest) => boolean)

/** A fault of one request. */
export type RequestFault =
  /** The request is applied. Its reply is not sent, and the connection closes. */
  | { readonly type: 'lose-reply' }
  /** The request is not applied. It is answered with this error number. */
  | { readonly type: 'answer'; readonly err: number }
  /** The request is applied. Its reply, and everything after it, is held until the replies are released. */
  | { readonly type: 'hold-reply' }
  /** The request is not applied: the connection closes first. */
  | { readonly type: 'drop' }
  /** The request is applied. Half of its reply's frame is sent, then the connection closes. */
  | { readonly type: 'cut-reply' }
  /** The request is applied. These bytes are sent in place of its reply. */
  | { readonly type: 'garble-reply'; readonly bytes: Uint8Array }

/** The method that plans each fault: errors name it. */
const METHODS: Readonly<Record<RequestFault['type'], string>> = {
  'lose-reply': 'loseNextReply',
  answer: 'answerWith',
  'hold-reply': 'holdNextReply',
  drop: 'dropNextRequest',
  'cut-reply': 'closeMidFrame',
  'garble-reply': 'garbleNextReply',
}

interface Rule {
  readonly matcher: RequestMatcher
  readonly fault: RequestFault
  remaining: number
}

/** A fault that waits for its request. */
export interface PlannedFault {
  /** Cancels the fault. It does nothing once the fault has met its requests. */
  cancel(): void
}

/** The names of operations beside those of the table: see `RecordedRequest`. */
const OTHER_NAMES: readonly string[] = ['connect', 'truncated']

/** Refuses a matcher that no request can match: the fault would wait for ever, and the test would try nothing. */
function checkMatcher(method: string, matcher: unknown): void {
  if (typeof matcher === 'function') return
  if (typeof matcher === 'string') return checkOperation(method, matcher)
  if (typeof matcher !== 'object' || matcher === null || Array.isArray(matcher))
    throw badArguments(
      method,
      `the matcher must be an operation, { operation, path } or a function, not ${describe(matcher)}`,
    )
  const { operation, path, ...others } = matcher as Record<string, unknown>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw badArguments(
      method,
      `a matcher has no field ${JSON.stringify(unknown)}; the fields are operation, path`,
    )
  if (operation !== undefined) checkOperation(method, operation)
  if (path !== undefined && typeof path !== 'string' && !types.isRegExp(path))
    throw badArguments(method, `the path of a matcher must be text or a RegExp, not ${describe(path)}`)
}

function checkOperation(method: string, name: unknown): void {
  const names = [...operationByCode.values()].map(row => row.name).concat(OTHER_NAMES)
  if (names.includes(name as string) || /^opcode -?\d+$/.test(String(name))) return
  throw badArguments(
    method,
    `there is no operation ${describe(name)}; the operations are ${names.sort().join(', ')}`,
  )
}

function pathOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('path' in body)) return undefined
  return typeof body.path === 'string' ? body.path : undefined
}

function matches(matcher: RequestMatcher, request: RecordedRequest): boolean {
  if (typeof matcher === 'function') return matcher(request)
  if (typeof matcher === 'string') return request.operation === matcher
  const { operation, path } = matcher
  if (operation !== undefined && operation !== request.operation) return false
  if (path === undefined) return true
  const actual = pathOf(request.body)
  if (actual === undefined) return false
  return typeof path === 'string' ? path === actual : path.test(actual)
}

/** The faults that wait for their requests. The oldest one that matches applies. */
export class RequestFaults {
  readonly #rules: Rule[] = []

  /** True while a fault waits for a request. */
  get armed(): boolean {
    return this.#rules.length > 0
  }

  /**
   * Adds a fault.
   *
   * @param times the number of requests that it applies to.
   * @throws TypeError, BAD_ARGUMENTS, for a matcher that no request can match.
   */
  add(matcher: RequestMatcher, fault: RequestFault, times: number): PlannedFault {
    const method = METHODS[fault.type]
    checkMatcher(method, matcher)
    const fit = whole(1)(times)
    if (fit !== null) throw badArguments(method, `the number of times ${fit}`)
    const rule: Rule = { matcher, fault, remaining: times }
    this.#rules.push(rule)
    return { cancel: () => this.#remove(rule) }
  }

  /** Drops every fault. */
  clear(): void {
    this.#rules.length = 0
  }

  /** Takes the fault that applies to this request; null for none. */
  take(request: RecordedRequest): RequestFault | null {
    const rule = this.#rules.find(candidate => matches(candidate.matcher, request))
    if (rule === undefined) return null
    if (--rule.remaining <= 0) this.#remove(rule)
    return rule.fault
  }

  #remove(rule: Rule): void {
    const index = this.#rules.indexOf(rule)
    if (index !== -1) this.#rules.splice(index, 1)
  }
}
