import type { ErrorView, WriteRequest, WriteView } from '../src/protocol.ts'

/** The refusals that asking again does not change: of a path, a right, or an answer that is too large. */
const LASTING = ['NO_NODE', 'NO_AUTH', 'BAD_ARGUMENTS', 'RESPONSE_TOO_LARGE']

/** A refusal of the console or of the ensemble. */
export class Refusal extends Error {
  readonly code: string
  readonly advice: string | null

  /** True if asking again has the same answer, as long as nothing changes. */
  get isLasting(): boolean {
    return LASTING.includes(this.code)
  }

  constructor({ code, message, advice }: ErrorView) {
    super(message)
    this.code = code
    this.advice = advice
  }
}

/** Turns whatever was thrown into what is shown. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const message = error instanceof Error ? error.message : String(error)
  return new Refusal({
    code: 'FAILED',
    message: `The console does not answer: ${message}`,
    advice: 'Does it still run?',
  })
}

async function answer<Result>(response: Response): Promise<Result> {
  if (response.ok) return response.json()
  const fallback = { code: String(response.status), message: response.statusText, advice: null }
  throw new Refusal(await response.json().catch(() => fallback))
}

/** Milliseconds until a request counts as lost. The console answers sooner, but its answer may be of megabytes. */
const PATIENCE = 60_000

/** Sends a request. One that a silent connection has swallowed fails, so that it can be made again. */
async function send<Result>(address: string, init: RequestInit = {}): Promise<Result> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(new Error(`no answer in ${PATIENCE / 1000} s`)), PATIENCE)
  try {
    return await answer(await fetch(address, { ...init, signal: patience.signal }))
  } finally {
    clearTimeout(timer)
  }
}

/** Asks the console. The address is relative: the console may be mounted anywhere. */
export function get<Result>(name: string, params: Record<string, string> = {}): Promise<Result> {
  const query = new URLSearchParams(params).toString()
  return send(`api/${name}${query === '' ? '' : `?${query}`}`)
}

/** Tells the console something. */
export function post<Result>(name: string, body: unknown): Promise<Result> {
  const headers = { 'content-type': 'application/json', 'x-zookit-console': '1' }
  return send(`api/${name}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** Writes. @throws Refusal. */
export function write(request: WriteRequest): Promise<WriteView> {
  return post('write', request)
}
