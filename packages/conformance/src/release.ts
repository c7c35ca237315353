/** A server release: `3.8.4`, or a line such as `3.8`, which stands for its newest patch. */
export type Release = `3.${number}` | `3.${number}.${number}`

type Parts = readonly [line: number, patch: number]

function parse(release: string): Parts {
  const match = /^3\.(\d+)(?:\.(\d+))?$/.exec(release)
  if (match === null) throw new RangeError(`no ZooKeeper release: ${JSON.stringify(release)}`)
  return [Number(match[1]), match[2] === undefined ? Number.POSITIVE_INFINITY : Number(match[2])]
}

/** Whether a text names a release. */
export function isRelease(text: string): text is Release {
  return /^3\.\d+(\.\d+)?$/.test(text)
}

/** The line of a release: `3.8` of `3.8.4`. */
export function lineOf(release: Release): Release {
  return `3.${parse(release)[0]}`
}

/**
 * Whether a release has what came with others. A change that was ported back came with several: one a line, and
 * every line after the last.
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
