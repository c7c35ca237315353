/** The resource's answer to a holder. */
export interface Verdict {
  /** True if the access counts. */
  accepted: boolean
  /** True if a holder of a higher token was let in: the holder of this one has lost the lock. */
  overtaken: boolean
}

/** A resource that is fenced: it refuses any token lower than one that it has accepted. */
export class Ledger {
  grants = 0
  accesses = 0
  refusals = 0
  /** Holders who were told of a higher token. */
  readonly overlaps = new Set<bigint>()
  readonly violations: string[] = []
  #accepted = 0n
  #granted = 0n

  /** Somebody has acquired the lock. */
  enter(token: bigint): Verdict {
    this.grants++
    if (token === this.#granted) this.violations.push(`the token ${token} was given twice`)
    if (token > this.#granted) this.#granted = token
    return this.#judge(token, true)
  }

  /** Somebody acts on it. */
  access(token: bigint): Verdict {
    const accepted = token >= this.#accepted
    if (accepted) {
      this.accesses++
      this.#accepted = token
    } else this.refusals++
    return this.#judge(token, accepted)
  }

  /** A holder was told that it was overtaken, looked again, and found that it still held the lock. */
  accuse(token: bigint): void {
    this.violations.push(`${token} was held after ${this.#granted} had been let in`)
  }

  #judge(token: bigint, accepted: boolean): Verdict {
    const overtaken = token < this.#granted
    if (overtaken) this.overlaps.add(token)
    return { accepted, overtaken }
  }
}
