/** A server release: `3.8.4`, or a line such as `3.8`, which stands for its newest patch. */
export type Release = `3.${number}` | `3.${number}.${number}`

type Parts = readonly [line: number, patch: number]

function parse(release: string): Parts {
  const match = /^3\.(\d+)(?:\.(\d+))?$/.exec(release)
  if (match === null) throw new RangeError(`no ZooKeeper release: ${JSON.stringify(release)}`)
  return [Number(match[1]), match[2] === undefined ? Number.POSITIVE_INFINITY : Number(match[2])]
}

/** Tells whether a text names a release. */
export function isRelease(text: string): text is Release {
  return /^3\.\d+(\.\d+)?$/.test(text)
}

/** Returns the line of a release: `3.8` of `3.8.4`. */
export function lineOf(release: Release): Release {
  return `3.${parse(release)[0]}`
}

/**
 * Tells whether a release has a change.
 *
 * @param came the first releases with the change, one for each line that it was ported to. Every later line has it too.
 */
export function hasReached(release: Release, came: readonly Release[]): boolean {
  const [line, patch] = parse(release)
  const firsts = came.map(first => {
    const [firstLine, firstPatch] = parse(first)
    return [firstLine, Number.isFinite(firstPatch) ? firstPatch : 0] as const
  })
  const own = firsts.find(([firstLine]) => firstLine === line)
  return own ? patch >= own[1] : line > Math.max(...firsts.map(([firstLine]) => firstLine))
}
