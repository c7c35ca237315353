import type { Cell, RequestLoad, SessionLoad } from './cell.ts'

/** Issues one request and calls `done` when it has been answered; a failure ends the process. */
export type Issue = (done: () => void) => void

/** A session of the client that is measured. */
export interface Connection {
  /** How each load's requests are made; a load that is missing is one that the client cannot do. */
  requests(cell: Cell): Partial<Record<RequestLoad, Issue>>
  /** Puts a data watch on each path; `onEvent` hears of each event. Resolves when all are armed. */
  watch?(paths: readonly string[], onEvent: () => void): Promise<void>
  /** Calls back when the connection is lost, and when the next one is up and has the watches. */
  onceRestored?(lost: () => void, restored: () => void): void
  close(): Promise<void>
}

/** One client library. */
export interface Client {
  /** The loads about connections and watches that it has a part in. */
  readonly sessions: readonly SessionLoad[]
  connect(cell: Cell): Promise<Connection>
}

/** Ends the process with an error: what is measured is requests that succeed. */
export function fail(error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stdout.write(`${JSON.stringify({ error: text })}\n`, () => process.exit(1))
  throw error
}

/** Issues `pattern` in turn, over and over. */
export function inTurn(pattern: readonly Issue[]): Issue {
  let next = 0
  return done => {
    const issue = pattern[next]!
    next = next + 1 === pattern.length ? 0 : next + 1
    issue(done)
  }
}

/** 90 % `read`, 10 % `write`. */
export function mixed(read: Issue, write: Issue): Issue {
  return inTurn([...new Array<Issue>(9).fill(read), write])
}
