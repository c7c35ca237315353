import type { ZooKeeperError } from '../../src/index.ts'

/** A state of a register: ZooKeeper numbers them. */
interface Seen {
  readonly version: number
  readonly value: string
}

/** A compare-and-set that is under way, or over. */
class Write {
  readonly path: string
  readonly expected: number
  readonly value: string
  readonly begun: number
  ended = Number.POSITIVE_INFINITY
  version: number | null = null
  error: ZooKeeperError | null = null
  readonly #now: () => number

  constructor(path: string, expected: number, value: string, now: () => number) {
    this.path = path
    this.expected = expected
    this.value = value
    this.begun = now()
    this.#now = now
  }

  /** Notes the version that the server says it has made. */
  acknowledge(version: number): void {
    this.version = version
    this.ended = this.#now()
  }

  /** Notes why there is no version. */
  fail(error: ZooKeeperError): void {
    this.error = error
    this.ended = this.#now()
  }
}

/**
 * The history of registers that are changed by compare-and-set alone.
 *
 * The server numbers the states of a znode, and an acknowledged write says which state it made. So no search is needed:
 * the writes are linearizable if each state has one writer, follows the state that its writer expected, and was not
 * made before the writes that had ended when its writer began.
 */
export class RegisterHistory {
  readonly #writes: Write[] = []
  readonly #values = new Map<string, string>()
  readonly #newest = new Map<string, number>()
  readonly #final = new Map<string, number>()
  #clock = 0

  /** The writes that were acknowledged. */
  get acknowledged(): number {
    return this.#writes.filter(({ version }) => version !== null).length
  }

  /** The writes that were refused, since the register had another version. */
  get refused(): number {
    return this.#writes.filter(({ error }) => error?.code === 'BAD_VERSION').length
  }

  /** Notes that a compare-and-set is made now. */
  begin(path: string, expected: number, value: string): Write {
    const write = new Write(path, expected, value, () => ++this.#clock)
    this.#writes.push(write)
    return write
  }

  /** Notes what a client has read. @throws Error if it has read something newer before. */
  read(client: number, path: string, seen: Seen): void {
    const key = `${client} ${path}`
    const newest = this.#newest.get(key) ?? 0
    if (seen.version < newest)
      throw new Error(`client ${client} reads ${path} ${seen.version} after ${newest}`)
    this.#newest.set(key, seen.version)
    this.#note(path, seen)
  }

  /** Notes the state in which a register is left. */
  end(path: string, seen: Seen): void {
    this.#note(path, seen)
    this.#final.set(path, seen.version)
  }

  /** @throws Error if the writes are not linearizable, or an outcome is not true. */
  check(): void {
    for (const write of this.#writes) this.#checkOutcome(write)
    for (const [path, final] of this.#final) {
      const made = this.#writes.filter(write => write.path === path && write.version !== null)
      for (const one of made) {
        if (one.version! > final) throw new Error(`${path} has version ${final}, and ${one.value} is lost`)
        for (const other of made) {
          if (one.ended < other.begun && one.version! >= other.version!)
            throw new Error(`${other.value} was made before ${one.value}, which had ended when it began`)
        }
      }
    }
  }

  #checkOutcome({ path, expected, value, version, error }: Write): void {
    if (version !== null) {
      if (version !== expected + 1) throw new Error(`${value} follows ${expected}, and made ${version}`)
      this.#note(path, { version, value })
    } else if (error?.outcome !== 'unknown' && this.#isSeen(path, value)) {
      throw new Error(`${value} was told ${error?.code}, ${error?.outcome}, and was made`)
    } else if (error?.code === 'BAD_VERSION' && this.#final.get(path) === expected) {
      throw new Error(`${value} was refused, and ${path} has never left version ${expected}`)
    }
  }

  #isSeen(path: string, value: string): boolean {
    return [...this.#values].some(([key, seen]) => key.startsWith(`${path} `) && seen === value)
  }

  #note(path: string, { version, value }: Seen): void {
    const key = `${path} ${version}`
    const other = this.#values.get(key) ?? value
    if (other !== value) throw new Error(`${path} has two states ${version}: ${other} and ${value}`)
    this.#values.set(key, value)
  }
}
