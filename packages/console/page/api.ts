import type { ErrorView, WriteRequest, WriteView } from '../src/protocol.ts'

/** A refusal of the console or of the ensemble. */
export class Refusal extends Error {
  readonly code: string
  readonly advice: string | null

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

/** Asks the console. The address is relative: the console may be mounted anywhere. */
export async function get<Result>(name: string, params: Record<string, string> = {}): Promise<Result> {
  const query = new URLSearchParams(params).toString()
  return answer(await fetch(`api/${name}${query === '' ? '' : `?${query}`}`))
}

/** Tells the console something. */
export async function post<Result>(name: string, body: unknown): Promise<Result> {
  const headers = { 'content-type': 'application/json', 'x-zookit-console': '1' }
  return answer(await fetch(`api/${name}`, { method: 'POST', headers, body: JSON.stringify(body) }))
}

/** Writes. @throws Refusal. */
export function write(request: WriteRequest): Promise<WriteView> {
  return post('write', request)
}
