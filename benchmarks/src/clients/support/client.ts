import type { Cell, RequestLoad, SessionLoad } from './cell.ts'

/** Issues one request and calls `done` when it has been answered; a failure ends the process. */
export type Issue = (done: () => void) => void

/** A session of the measured client. */
export interface Connection {
  /** Returns the function that issues the requests of each load. A client cannot do a load that is missing. */
  requests(cell: Cell): Partial<Record<RequestLoad, Issue>>
  /** Sets a data watch on each path, and calls `onEvent` for each event. Resolves when all are set. */
  watch?(paths: readonly string[], onEvent: () => void): Promise<void>
  /** Calls `lost` when the connection is lost, and `restored` when the next one has the watches. */
  onceRestored?(lost: () => void, restored: () => void): void
  close(): Promise<void>
}

/** A client library. */
export interface Client {
  /** The loads about connections and watches that it can do. */
  readonly sessions: readonly SessionLoad[]
  connect(cell: Cell): Promise<Connection>
}

/** Ends the process with an error: only requests that succeed are measured. */
export function fail(error: unknown): never {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stdout.write(`${JSON.stringify({ error: text })}\n`, () => process.exit(1))
  throw error
}

/** Issues the requests of `pattern` in turn, again and again. */
function inTurn(pattern: readonly Issue[]): Issue {
  let next = 0
  return done => {
    const issue = pattern[next]!
    next = next + 1 === pattern.length ? 0 : next + 1
    issue(done)
  }
}

/** Issues 90 % `read` and 10 % `write`. */
export function mixed(read: Issue, write: Issue): Issue {
  return inTurn([...new Array<Issue>(9).fill(read), write])
}
