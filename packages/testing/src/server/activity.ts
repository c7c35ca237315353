import { errorTable } from '@zookit/jute'
import type { RecordedRequest } from '../faults/recorder.ts'
import { hex } from '../long.ts'

/** Takes a line that tells what a server does. */
export type Log = (line: string) => void

/** The code of an error number, `ok` for 0, and the number itself where it has no code. */
export function outcomeText(err: number): string {
  if (err === 0) return 'ok'
  return errorTable.find(row => row.number === err)?.code ?? String(err)
}

function detail(body: unknown): string {
  if (typeof body !== 'object' || body === null) return ''
  if ('path' in body) return ` ${String(body.path)}`
  if ('operations' in body && Array.isArray(body.operations)) return ` of ${body.operations.length}`
  return ''
}

/** A request in a few words: never its data, which may be secret. */
export function requestText({ operation, body }: RecordedRequest): string {
  return `${operation}${detail(body)}`
}

/** What a connection's session is called in a log. */
export function sessionText(id: bigint): string {
  return id === 0n ? 'no session' : `session ${hex(id)}`
}
