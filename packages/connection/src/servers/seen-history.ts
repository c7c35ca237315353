import type { Environment } from '../environment.ts'

/** The state of a server as it tells it in answer to `srvr`. */
export type Standing =
  | { kind: 'not-serving' }
  | { kind: 'read-only' }
  /** @property leads true for a leader and for a standalone server: no other has committed more. */
  | { kind: 'serving'; zxid: bigint; leads: boolean }

/** Reads the answer to `srvr`; null for any other text, such as that of a server whose configuration forbids the word. */
export function readStanding(answer: string): Standing | null {
  if (answer.includes('not currently serving requests')) return { kind: 'not-serving' }
  const zxid = /^Zxid: (0x[0-9a-f]+)$/m.exec(answer)
  const mode = /^Mode: (\S+)$/m.exec(answer)
  if (zxid === null || mode === null) return null
  if (mode[1] === 'read-only') return { kind: 'read-only' }
  const leads = mode[1] === 'leader' || mode[1] === 'standalone'
  return { kind: 'serving', zxid: BigInt(zxid[1]!), leads }
}

/** The newest zxid that a client has seen. */
export interface NewestZxid {
  readonly lastZxid: bigint
  forgetZxid(): void
}

/**
 * The zxid of the newest reply or event. An event tells of a change that the next server must have, too: on one that is
 * behind, the client would read what was before it, and hear of it again. Only servers from 3.9.0 on say which change an
 * event tells of.
 */
export class NewestSeen implements NewestZxid {
  readonly #replies: NewestZxid
  #event = 0n

  /** @param replies knows the zxid of the newest reply. */
  constructor(replies: NewestZxid) {
    this.#replies = replies
  }

  get lastZxid(): bigint {
    const { lastZxid } = this.#replies
    // Math.max takes no bigints.
    if (lastZxid > this.#event) return lastZxid
    return this.#event
  }

  /** Notes the zxid of an event; -1n where it has none. */
  sawEvent(zxid: bigint): void {
    if (zxid > this.#event) this.#event = zxid
  }

  forgetZxid(): void {
    this.#event = 0n
    this.#replies.forgetZxid()
  }
}

/** The times after which the newest zxid is forgotten, in milliseconds. */
export interface Grace {
  /** Milliseconds from the first time that a leader says that it is behind. */
  readonly told: number
  /** Milliseconds from the first refusal of a new session by a server that gives no reason. */
  readonly untold: number
}

/**
 * The transactions that a client has seen, which a server must have seen, too: it closes the handshake otherwise.
 *
 * An ensemble whose data was wiped, or replaced by an older backup, would refuse this client for ever. So the newest zxid
 * is forgotten when a leader has been behind it for a time: a leader that was cut off from the others leads on for a short
 * time only. Refusals for other reasons (no quorum, read-only) and hosts that are down say nothing about that.
 */
export class SeenHistory {
  readonly #environment: Environment
  readonly #newest: NewestZxid
  readonly #grace: Grace
  /** The times since when leaders have been behind, and since when servers have refused without a reason; 0 for neither. */
  #toldSince = 0
  #untoldSince = 0
  /** The number of attempts that have failed since `#toldSince`. */
  #failures = 0

  constructor(environment: Environment, newest: NewestZxid, grace: Grace) {
    this.#environment = environment
    this.#newest = newest
    this.#grace = grace
  }

  /** True if a server can be behind this client. */
  get isLong(): boolean {
    return this.#newest.lastZxid > 0n
  }

  /** Notes that a server has accepted the handshake. */
  accepted(): void {
    this.#toldSince = this.#untoldSince = 0
  }

  /** Notes that an attempt has failed, for whatever reason. */
  failed(): void {
    this.#failures++
  }

  /**
   * Evaluates a refused handshake.
   *
   * @param standing what the server tells of itself; null if it tells nothing.
   * @param isNew true if no session is at stake.
   * @param servers the number of servers, each of which must have had a turn to show that it has what was seen.
   * @returns the reason of the refusal in words; null if it is not known.
   */
  judge(standing: Standing | null, isNew: boolean, servers: number): string | null {
    if (standing === null) return this.#judgeUntold(isNew)
    if (standing.kind === 'not-serving') return 'the server is not serving: it has no quorum, or is starting'
    if (standing.kind === 'read-only') return 'the server is read-only: it has no quorum'
    const { lastZxid } = this.#newest
    if (standing.zxid >= lastZxid) {
      this.#toldSince = 0
      return null
    }
    const behind = `the server is behind what this client has seen (zxid ${hex(standing.zxid)}, seen ${hex(lastZxid)})`
    return standing.leads ? this.#judgeLeader(behind, servers) : `${behind}, and may catch up`
  }

  #judgeLeader(behind: string, servers: number): string {
    const { told } = this.#grace
    const left = this.#remaining(this.#toldSince, told)
    if (this.#toldSince === 0) {
      this.#toldSince = this.#environment.now()
      this.#failures = 0
    }
    const lost = `${behind}: its data was lost, or replaced by older data`
    if (told === Number.POSITIVE_INFINITY) return `${lost}; it is not taken (zxidGrace)`
    if (left > 0) return `${lost}; if that stays so, this client takes it as it is in ${Math.ceil(left)} ms`
    if (this.#failures < servers)
      return `${lost}; this client takes it as it is unless another server has more`
    this.#forget()
    return `${lost}; this client takes it as it is from now on`
  }

  #judgeUntold(isNew: boolean): null {
    if (!isNew) this.#untoldSince = 0
    else if (this.#remaining(this.#untoldSince, this.#grace.untold) <= 0) this.#forget()
    else this.#untoldSince ||= this.#environment.now()
    return null
  }

  #remaining(since: number, grace: number): number {
    return since === 0 ? grace : since + grace - this.#environment.now()
  }

  #forget(): void {
    this.#newest.forgetZxid()
    this.accepted()
  }
}

function hex(zxid: bigint): string {
  return `0x${zxid.toString(16)}`
}
