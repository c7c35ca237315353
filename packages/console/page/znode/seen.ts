/** Versions of one znode that are kept. */
export const MOST_VERSIONS = 200
/** Characters that are kept of all znodes together. */
export const MOST_KEPT = 32 * 1024 * 1024
/** Characters that a version takes beside its path and its data, more or less. */
const OVERHEAD = 200

/** A version of the data of a znode that the page has read. */
export interface Seen {
  readonly version: number
  readonly czxid: string
  readonly mzxid: string
  readonly mtime: number
  readonly data: string | null
}

/** The versions that were seen since the page opened, of each znode the newest, as long as there is room. */
export class SeenVersions {
  /** The znode that was seen longest ago comes first. */
  readonly #byPath = new Map<string, readonly Seen[]>()
  readonly #room: number
  #kept = 0
  #dropped = 0

  /** @param room characters that are kept of all znodes together. */
  constructor(room: number = MOST_KEPT) {
    this.#room = room
  }

  /** The number of versions that were let go. */
  get dropped(): number {
    return this.#dropped
  }

  /** The versions of a znode, the oldest first. */
  of(path: string): readonly Seen[] {
    return this.#byPath.get(path) ?? []
  }

  /** Keeps a version, unless it is the newest that is kept. The newest version of all stays, whatever its size. */
  add(path: string, seen: Seen): void {
    const before = this.of(path)
    // The znode that is looked at is the last to lose versions to another.
    this.#byPath.delete(path)
    this.#byPath.set(path, before)
    if (before.at(-1)?.mzxid === seen.mzxid) return
    this.#byPath.set(path, [...before, seen])
    this.#kept += size(path, seen)
    if (before.length === MOST_VERSIONS) this.#drop(path)
    while (this.#kept > this.#room && (this.#byPath.size > 1 || this.of(path).length > 1))
      this.#drop(this.#byPath.keys().next().value!)
  }

  /** Lets the oldest version of a znode go. */
  #drop(path: string): void {
    const [oldest, ...rest] = this.of(path)
    if (rest.length === 0) this.#byPath.delete(path)
    else this.#byPath.set(path, rest)
    this.#kept -= size(path, oldest!)
    this.#dropped++
  }
}

function size(path: string, { data }: Seen): number {
  return OVERHEAD + path.length + (data?.length ?? 0)
}

/** Returns the number of versions between two that nobody has seen. Of a znode that was deleted and created again, nobody knows. */
export function missedBetween(older: Seen | undefined, newer: Seen): number {
  if (older === undefined || older.czxid !== newer.czxid) return 0
  return Math.max(0, newer.version - older.version - 1)
}
