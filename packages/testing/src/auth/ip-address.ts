function parse4(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes = parts.map(part => (/^\d{1,3}$/.test(part) ? Number(part) : 256))
  return bytes.every(byte => byte <= 255) ? bytes : null
}

function parseGroups(text: string): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  for (const group of text.split(':')) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null
    const value = Number.parseInt(group, 16)
    bytes.push(value >> 8, value & 0xff)
  }
  return bytes
}

function parse6(text: string): number[] | null {
  const halves = text.split('::')
  const head = parseGroups(halves[0] ?? '')
  const tail = parseGroups(halves[1] ?? '')
  if (head === null || tail === null || halves.length > 2) return null
  const gap = 16 - head.length - tail.length
  if (halves.length === 2 ? gap < 2 : gap !== 0) return null
  return [...head, ...new Array<number>(gap).fill(0), ...tail]
}

/** Parses an address into its 4 or 16 bytes; null for other text. */
export function parseAddress(text: string): number[] | null {
  return parse4(text) ?? (text.includes(':') ? parse6(text) : null)
}

interface Block {
  bytes: number[]
  bits: number
}

function parseBlock(expression: string): Block | null {
  const slash = expression.indexOf('/')
  const bytes = parseAddress(slash === -1 ? expression : expression.slice(0, slash))
  if (bytes === null) return null
  if (slash === -1) return { bytes, bits: bytes.length * 8 }
  const digits = expression.slice(slash + 1)
  const bits = Number(digits)
  return /^\d+$/.test(digits) && bits <= bytes.length * 8 ? { bytes, bits } : null
}

/** Tells if an ACL entry of the `ip` scheme can have this id: an address, or a block such as `10.0.0.0/8`. */
export function isAddressBlock(expression: string): boolean {
  return parseBlock(expression) !== null
}

/** Tells if an address lies in a block. */
export function addressMatches(address: string, expression: string): boolean {
  const block = parseBlock(expression)
  const bytes = parseAddress(address)
  if (block === null || bytes === null || bytes.length !== block.bytes.length) return false
  for (let bit = 0; bit < block.bits; bit++) {
    const mask = 0x80 >> (bit & 7)
    if (((bytes[bit >> 3]! ^ block.bytes[bit >> 3]!) & mask) !== 0) return false
  }
  return true
}

/** Returns an address as ZooKeeper writes it: an IPv4 address from an IPv6 socket loses its `::ffff:` prefix. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
