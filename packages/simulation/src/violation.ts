/** A promise of zookit that did not hold. */
class Violation extends Error {
  override readonly name = 'Violation'
}

/** Ends the run: something that was promised does not hold. */
export function failNow(what: string): never {
  throw new Violation(what)
}
