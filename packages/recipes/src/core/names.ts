/** A child of a recipe's node that takes part in it, by its name alone. */
export interface Contender {
  /** The name of its node. */
  readonly name: string
  /** The marker that its name has before the number: which recipe, or which side of it. */
  readonly marker: string
  /** The number that the server has given it. Compare with `isBefore`: it wraps around at 2^31. */
  readonly sequence: number
}

/** What `String.format("%010d")` makes of an int: ten digits, or a minus and nine or ten. */
const SEQUENCE = /^(?:\d{10}|-\d{9,10})$/

const HEX = 16

/**
 * The name of a new contender, up to the number that the server appends: `_c_<uuid>-<session>-lock-`.
 *
 * `_c_<uuid>-` is how Curator protects a create: a node whose create was never answered is found again by it. With the
 * session's id it is unique whatever the quality of the random numbers, and no node of an older session has it.
 *
 * @param random numbers in [0, 1).
 * @param detail what others must know of a contender without reading its node, such as `w3-`.
 */
export function contenderPrefix(random: () => number, session: bigint, marker: string, detail = ''): string {
  const id = BigInt.asUintN(64, session).toString(HEX).padStart(HEX, '0')
  return `_c_${uuid(random)}-${id}-${detail}${marker}`
}

/** A name read as a contender's; null if it has none of the markers, or no number right after it. */
export function parseContender(name: string, markers: readonly string[]): Contender | null {
  for (const marker of markers) {
    const at = name.lastIndexOf(marker)
    if (at < 0) continue
    const digits = name.slice(at + marker.length)
    if (SEQUENCE.test(digits)) return { name, marker, sequence: Number(digits) | 0 }
  }
  return null
}

/**
 * The contenders among a node's children, first come first; all other children are ignored.
 *
 * The server counts in an int that wraps around (kazoo #606), so numbers are compared by their distance: right as
 * long as those that are there at a time are less than 2^31 apart.
 */
export function contendersOf(children: readonly string[], markers: readonly string[]): Contender[] {
  const contenders: Contender[] = []
  for (const name of children) {
    const contender = parseContender(name, markers)
    if (contender !== null) contenders.push(contender)
  }
  return contenders.sort((a, b) => (a.sequence - b.sequence) | 0)
}

/** Whether a number is near the wrap or past it, where the order of other clients is at risk or lost. */
export function isNearWrap({ sequence }: Contender): boolean {
  return sequence > 2 ** 30 || sequence < 0
}

/** Whether one has come before another. */
export function isBefore(a: Contender, b: Contender): boolean {
  return ((a.sequence - b.sequence) | 0) < 0
}

/** A random UUID of version 4. */
export function uuid(random: () => number): string {
  const part = (mask: number, bits: number): string =>
    ((Math.floor(random() * 0x10000) & mask) | bits).toString(HEX).padStart(4, '0')
  const any = (): string => part(0xffff, 0)
  // The version and the variant: what Curator takes for protected is parsed as a UUID.
  return `${any()}${any()}-${any()}-${part(0x0fff, 0x4000)}-${part(0x3fff, 0x8000)}-${any()}${any()}${any()}`
}
