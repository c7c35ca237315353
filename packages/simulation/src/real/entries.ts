import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/** The end of a write, as its caller was told. */
export type Outcome = 'applied' | 'rejected' | 'not-sent' | 'unknown'

/** The subject of a call. */
export interface About {
  readonly load: string
  readonly action: string
  readonly path?: string
  /** The data of a write: no other call writes the same. */
  readonly token?: string
  /** The data that a compare-and-set has read. */
  readonly expected?: string
}

/** Something that a client did, or was told. All times are the machine's monotonic clock in milliseconds. */
export type Entry = { readonly at: number } & (
  | {
      readonly kind: 'state'
      readonly state: string
      readonly session: string
      readonly server: string | null
    }
  | { readonly kind: 'attempt'; readonly message: string }
  /** The session was certain then. */
  | { readonly kind: 'certain'; readonly session: string }
  | ({ readonly kind: 'call'; readonly id: number } & About)
  | { readonly kind: 'end'; readonly id: number; readonly outcome: Outcome; readonly code?: string }
  /** The client has read or written this state of a znode. */
  | { readonly kind: 'seen'; readonly path: string; readonly mzxid: string }
  | { readonly kind: 'event'; readonly type: string; readonly path: string; readonly zxid: string }
  | { readonly kind: 'resync'; readonly reason: string }
  | {
      readonly kind: 'grant'
      readonly id: number
      readonly path: string
      readonly token: string
      readonly session: string
    }
  /** The lock was certainly held then. */
  | { readonly kind: 'held'; readonly id: number }
  | { readonly kind: 'release'; readonly id: number }
  | { readonly kind: 'taken'; readonly token: string }
)

/** An entry without its time. */
type Timeless<E> = E extends unknown ? Omit<E, 'at'> : never

/** The record of one process of a client. */
export interface ClientHistory {
  readonly client: string
  /** 1 for the first process of the client. */
  readonly life: number
  readonly entries: readonly Entry[]
}

/** Returns the machine's monotonic time in milliseconds: the same in every process. */
export function machineTime(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Writes entries to a file, each before the next thing happens: a process that is killed has lost none. */
export class Recorder {
  readonly #file: number
  #ids = 0

  constructor(path: string) {
    this.#file = openSync(path, 'a')
  }

  /** Returns the number of another call or lock. */
  nextId(): number {
    return ++this.#ids
  }

  /** Writes an entry. @param at when it was; by default now. */
  note(entry: Timeless<Entry>, at: number = machineTime()): void {
    writeSync(this.#file, `${JSON.stringify({ at, ...entry })}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** Reads what a process has recorded. Its last line may be cut off. */
export function readEntries(path: string): Entry[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  lines.pop()
  return lines.map(line => JSON.parse(line) as Entry)
}
