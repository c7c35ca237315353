import type { RecordedRequest } from './recorder.ts'

/** Which requests a fault concerns: an operation's name, a name and a path, or a test of the decoded request. */
export type RequestMatcher =
  | string
  | { readonly operation?: string; readonly path?: string | RegExp }
  | ((request: RecordedRequest) => boolean)

/** What happens to a request instead of the usual. */
export type RequestFault =
  /** It is applied; its reply is not sent and the connection drops. */
  | { readonly type: 'lose-reply' }
  /** It is not applied, and answered with this error number. */
  | { readonly type: 'answer'; readonly err: number }
  /** It is applied; its reply and all that comes after it is kept back until the replies are released. */
  | { readonly type: 'hold-reply' }
  /** It is not even read: the connection drops first. */
  | { readonly type: 'drop' }
  /** It is applied, and half of its reply's frame is sent before the connection drops. */
  | { readonly type: 'cut-reply' }
  /** It is applied, and these bytes are sent in place of its reply. */
  | { readonly type: 'garble-reply'; readonly bytes: Uint8Array }

interface Rule {
  readonly matcher: RequestMatcher
  readonly fault: RequestFault
  remaining: number
}

/** A fault that has been arranged. */
export interface Arranged {
  /** Takes the fault back. */
  cancel(): void
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

/** The faults that wait for their request. The oldest that matches is taken. */
export class RequestFaults {
  readonly #rules: Rule[] = []

  /** Whether requests have to be looked at. */
  get armed(): boolean {
    return this.#rules.length > 0
  }

  /** @param times how many requests it is to meet. */
  add(matcher: RequestMatcher, fault: RequestFault, times: number): Arranged {
    const rule: Rule = { matcher, fault, remaining: times }
    this.#rules.push(rule)
    return { cancel: () => this.#remove(rule) }
  }

  clear(): void {
    this.#rules.length = 0
  }

  /** The fault that this request meets, if any. */
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
