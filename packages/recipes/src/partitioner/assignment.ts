/** Divides partitions among members, by name. It must give the same result on all members. */
export type Assign = (
  partitions: readonly string[],
  members: readonly string[],
) => ReadonlyMap<string, readonly string[]>

/**
 * Gives every member the same number of partitions, or one more. Each partition prefers members in an order of its
 * own (rendezvous hashing), so that few partitions move when a member comes or goes: about one and a half times as
 * many as must.
 *
 * @param partitions, members sorted, without repeats.
 */
export function assignEvenly(
  partitions: readonly string[],
  members: readonly string[],
): Map<string, string[]> {
  const shares = new Map<string, string[]>(members.map(member => [member, []]))
  if (members.length === 0) return shares
  const least = Math.floor(partitions.length / members.length)
  let surplus = partitions.length % members.length
  for (const partition of partitions) {
    const preferred = preferenceOf(partition, members)
    const member = preferred.find(({ length }) => length < least || (length === least && surplus > 0))!
    if (member.length === least) surplus--
    member.push(partition)
  }
  return shares

  function preferenceOf(partition: string, names: readonly string[]): string[][] {
    const scored = names.map((name, place) => ({
      share: shares.get(name)!,
      score: hash(`${name}\0${partition}`),
      place,
    }))
    return scored.sort((a, b) => b.score - a.score || a.place - b.place).map(({ share }) => share)
  }
}

/** FNV-1a with the final step of MurmurHash3, which spreads similar names. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
