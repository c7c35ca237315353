import { errorTable } from '@zookit/jute'
import type { RecordedRequest } from '../faults/recorder.ts'
import { hex } from '../long.ts'

/** Takes one line of a server's log. */
export type Log = (line: string) => void

/** Returns the code of an error number, `ok` for 0, and the number itself where it has no code. */
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

/** Describes a request for the log. Leaves out its data, which may be secret. */
export function requestText({ operation, body }: RecordedRequest): string {
  return `${operation}${detail(body)}`
}

/** Returns the name of a session for the log. */
export function sessionText(id: bigint): string {
  return id === 0n ? 'no session' : `session ${hex(id)}`
}
