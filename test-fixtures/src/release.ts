/**
 * Tells whether a release has a change that came with another one: `isReached('3.5.3', '3.9')` is true. A line without a patch
 * number stands for its newest release. Tables of per-operation tests use it, so that a row of a newer release passes
 * on an older server.
 *
 * @param since the first release that has it, such as `3.5` or `3.5.3`.
 * @param release the release that is asked about, such as `3.9` or `3.4.14`.
 */
export function isReached(since: string, release: string): boolean {
  const wanted = since.split('.').map(Number)
  const there = release.split('.').map(Number)
  for (const [index, number] of wanted.entries()) {
    const own = there[index] ?? Infinity
    if (own !== number) return own > number
  }
  return true
}
