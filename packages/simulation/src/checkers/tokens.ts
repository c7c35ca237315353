import { failNow } from '../violation.ts'

/** The fencing tokens that were given out: each owner's is above those of all owners before. */
export class Tokens {
  readonly #highest = new Map<string, bigint>()

  /** The highest token that was given out for a key; 0n if there was none. */
  highest(key: string): bigint {
    return this.#highest.get(key) ?? 0n
  }

  /** Notes a token that need not be above the others: a shared one. */
  note(key: string, token: bigint): void {
    if (token > this.highest(key)) this.#highest.set(key, token)
  }

  /**
   * Notes the token of an owner. Throws when it is not above those of all owners before.
   *
   * @param what the owner and what it got, for people.
   */
  give(what: string, key: string, token: bigint): void {
    const highest = this.highest(key)
    if (token <= highest) failNow(`${what} with token ${token}, after ${highest} was given out`)
    this.#highest.set(key, token)
  }
}
