const OFFSET = 0x811c9dc5
const PRIME = 0x01000193

/** Hashes a text to a number from 0 to 2^32-1: FNV-1a, and MurmurHash3's final step, so that each bit counts. */
export function hash32(text: string): number {
  let hash = OFFSET
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), PRIME)
    hash = Math.imul(hash ^ (unit >>> 8), PRIME)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
