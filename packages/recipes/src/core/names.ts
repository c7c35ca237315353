/** A child of a recipe's znode that takes part in the recipe, as its name tells. */
export interface Contender {
  /** Name of its znode. */
  readonly name: string
  /** The part of the name before the number: names the recipe, or the side of a read-write lock. */
  readonly marker: string
  /** The number that the server appended. Compare with `isBefore`: it wraps around at 2^31. */
  readonly sequence: number
}

/** The result of `String.format("%010d")` for an int: ten digits, or a minus and nine or ten digits. */
const SEQUENCE = /^(?:\d{10}|-\d{9,10})$/

/** The beginning of each name that `contenderPrefix` makes. */
const OWN = /^_c_[0-9a-f-]{36}-[0-9a-f]{16}-/

const HEX = 16
/** The number of digits of a number from 0 on. */
const DIGITS = 10

/**
 * Makes the name of a new contender, without the number that the server appends: `_c_<uuid>-<session>-lock-`.
 *
 * `_c_<uuid>-` is Curator's protection of a create: the znode of an unanswered create is found again by it. The
 * session's id makes the name unique whatever the quality of the random numbers, and no znode of an older session has
 * it.
 *
 * @param random returns numbers in [0, 1).
 * @param detail what others need to know of a contender without reading its znode, such as `w3-`.
 */
export function contenderPrefix(random: () => number, session: bigint, marker: string, detail = ''): string {
  const id = BigInt.asUintN(64, session).toString(HEX).padStart(HEX, '0')
  return `_c_${uuid(random)}-${id}-${detail}${marker}`
}

/**
 * Parses a name as a contender's. Returns null if it has none of the markers, or no number right after the marker.
 */
export function parseContender(name: string, markers: readonly string[]): Contender | null {
  const end = name.length - DIGITS
  for (const marker of markers) {
    // Nearly all names. `lastIndexOf` is a call into native code.
    if (name.endsWith(marker, end)) {
      const sequence = digitsFrom(name, end)
      if (sequence >= 0) return { name, marker, sequence: sequence | 0 }
    }
    const at = name.lastIndexOf(marker)
    if (at < 0) continue
    const digits = name.slice(at + marker.length)
    if (SEQUENCE.test(digits)) return { name, marker, sequence: Number(digits) | 0 }
  }
  return null
}

/** Reads the digits from an index to the end of a name. @returns -1 if there is anything else. */
function digitsFrom(name: string, index: number): number {
  let value = 0
  for (let i = index; i < name.length; i++) {
    const digit = name.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/**
 * Returns the contenders among a znode's children in the order of their arrival, and ignores all other children.
 *
 * The server counts in an int that wraps around (kazoo #606), so numbers are compared by their distance. That is
 * right as long as all present contenders are less than 2^31 apart.
 */
export function contendersOf(children: readonly string[], markers: readonly string[]): Contender[] {
  const contenders: Contender[] = []
  for (const name of children) {
    const contender = parseContender(name, markers)
    if (contender !== null) contenders.push(contender)
  }
  return contenders.sort((a, b) => (a.sequence - b.sequence) | 0)
}

/**
 * Returns the contenders without companions: of several znodes of ours with different markers whose names are the same up to
 * there, the first counts. Other clients have no companions: two with `lock-1` and `__lock__2` are two.
 */
export function withoutCompanions(contenders: readonly Contender[]): readonly Contender[] {
  if (contenders.every(({ marker }) => marker === contenders[0]!.marker)) return contenders
  const markers = new Map<string, string>()
  return contenders.filter(({ name, marker }) => {
    const stem = name.slice(0, name.lastIndexOf(marker))
    const first = markers.get(stem) ?? marker
    markers.set(stem, first)
    return first === marker || !OWN.test(stem)
  })
}

/** Returns whether a number is near the wrap-around or past it, where other clients lose the order. */
export function isNearWrap({ sequence }: Contender): boolean {
  return sequence > 2 ** 30 || sequence < 0
}

/** Returns whether one contender came before another. */
export function isBefore(a: Contender, b: Contender): boolean {
  return ((a.sequence - b.sequence) | 0) < 0
}

/** Makes a random UUID of version 4. */
export function uuid(random: () => number): string {
  const part = (mask: number, bits: number): string =>
    ((Math.floor(random() * 0x10000) & mask) | bits).toString(HEX).padStart(4, '0')
  const any = (): string => part(0xffff, 0)
  // The version and the variant: Curator parses this part of a protected name as a UUID.
  return `${any()}${any()}-${any()}-${part(0x0fff, 0x4000)}-${part(0x3fff, 0x8000)}-${any()}${any()}${any()}`
}
