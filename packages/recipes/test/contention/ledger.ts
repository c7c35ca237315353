/** Answer of the resource to a holder. */
export interface Judgement {
  /** True if the access is accepted. */
  accepted: boolean
  /** True if a holder with a higher token has been admitted: this one cannot hold the lock any more. */
  overtaken: boolean
}

/** A resource with fencing: it refuses tokens lower than the highest it has accepted. */
export class Ledger {
  grants = 0
  accesses = 0
  refusals = 0
  /** Holders that were told of a higher token. */
  readonly overlaps = new Set<bigint>()
  readonly violations: string[] = []
  #accepted = 0n
  #granted = 0n

  /** Records that a contender has acquired the lock. */
  enter(token: bigint): Judgement {
    this.grants++
    if (token === this.#granted) this.violations.push(`the token ${token} was given twice`)
    if (token > this.#granted) this.#granted = token
    return this.#judge(token, true)
  }

  /** Records an access. */
  access(token: bigint): Judgement {
    const accepted = token >= this.#accepted
    if (accepted) {
      this.accesses++
      this.#accepted = token
    } else this.refusals++
    return this.#judge(token, accepted)
  }

  /** Records that a holder was told that it was overtaken, checked again, and found the lock still held. */
  accuse(token: bigint): void {
    this.violations.push(`${token} was held after ${this.#granted} had been let in`)
  }

  #judge(token: bigint, accepted: boolean): Judgement {
    const overtaken = token < this.#granted
    if (overtaken) this.overlaps.add(token)
    return { accepted, overtaken }
  }
}
