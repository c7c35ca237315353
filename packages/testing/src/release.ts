import { operationByCode } from './opcodes.ts'

type Line = '3.4' | '3.5' | '3.6' | '3.7' | '3.8' | '3.9'

/** A server release: a line such as `3.8`, which stands for its newest patch, or one patch such as `3.8.0`. */
export type ServerVersion = Line | `${Line}.${number}`

/** The behaviour that depends on the release. */
export interface ReleaseBehaviour {
  readonly version: string
  /** Tells if an opcode exists. */
  knows(opcode: number): boolean
  /** Events carry the transaction's zxid in their header (3.9.0); -1 before. */
  readonly eventZxid: boolean
  /** Several kinds of watch can exist on one path (3.9.0, ZOOKEEPER-4466); before, a new one replaces the old one. */
  readonly modesCoexist: boolean
  /** create2 in a multi is answered as create2 (3.7.2, 3.8.2 and 3.9.0); before, as create. */
  readonly multiCreate2: boolean
  /** check outside of a multi is unknown (3.8.5 and 3.9.3). Before, only a check that fails is answered. */
  readonly refusesCheck: boolean
  /** exists needs READ (3.8.4 and 3.9.2, ZOOKEEPER-2590). */
  readonly existsNeedsRead: boolean
  /** Events reach only clients that may READ the znode (3.8.4 and 3.9.2, ZOOKEEPER-4799). */
  readonly eventsNeedRead: boolean
  /** getACL shows digests as `:x` to clients without ADMIN (3.4.14 and 3.5.5). */
  readonly masksDigests: boolean
  /** A null ACL is refused with INVALID_ACL (3.6); before, with MARSHALLING_ERROR. */
  readonly refusesNullAcl: boolean
  /** A null scheme in an ACL is refused with INVALID_ACL (3.5); before, with MARSHALLING_ERROR. */
  readonly refusesNullScheme: boolean
  /** A connection without a handshake is closed after a time (3.5); before, never. */
  readonly limitsHandshake: boolean
  /** A failed step of SASL is answered (3.5); before, the connection closes without an answer. */
  readonly answersFailedSasl: boolean
  /** `conf` prints the secure port and the sizes of the directories (3.5). */
  readonly confHasSizes: boolean
  /** `conf` prints the listen backlog (3.6). */
  readonly confHasBacklog: boolean
  /** The build date has the form `2022-02-25 08:49 UTC` (3.7); before, `02/25/2022 08:49 GMT`. */
  readonly buildDateIsIso: boolean
  /** `mntr` prints the time for which the server has served (3.6). */
  readonly mntrHasUptime: boolean
  /** `hash` prints the digests of the tree (3.6); before, the word is unknown. */
  readonly hasDigests: boolean
  /** `/zookeeper/config` exists (3.5). */
  readonly configNode: boolean
}

type Release = readonly [line: number, patch: number]

function parse(version: string): Release {
  const match = /^3\.(\d+)(?:\.(\d+))?$/.exec(version)
  if (match === null)
    throw new RangeError(
      `version must be a ZooKeeper release such as '3.8' or '3.9.2', not ${JSON.stringify(version)}`,
    )
  return [Number(match[1]), match[2] === undefined ? Number.POSITIVE_INFINITY : Number(match[2])]
}

function atLeast(release: Release, line: number, patch = 0): boolean {
  return release[0] > line || (release[0] === line && release[1] >= patch)
}

/** Tells if a release has a fix that came in `patch` of `line` and in `olderPatch` of the line before. */
function fixedIn(release: Release, line: number, patch: number, olderPatch: number): boolean {
  return atLeast(release, line, patch) || (release[0] === line - 1 && release[1] >= olderPatch)
}

function opcodesOf(release: Release): ReadonlySet<number> {
  const known = new Set<number>()
  for (const row of operationByCode.values()) {
    const [line, patch] = row.since.split('.').slice(1).map(Number)
    if (atLeast(release, line ?? 0, patch)) known.add(row.code)
  }
  return known
}

const NEWEST: Readonly<Record<string, string>> = {
  '3.4': '3.4.14',
  '3.5': '3.5.10',
  '3.6': '3.6.4',
  '3.7': '3.7.2',
  '3.8': '3.8.6',
  '3.9': '3.9.5',
}

/** Returns the version with its patch number. */
export function releaseOf(release: ReleaseBehaviour): string {
  return NEWEST[release.version] ?? release.version
}

/**
 * Returns the behaviour of a release.
 *
 * @throws RangeError for a version that is not 3.N or 3.N.P.
 */
export function behaviourOf(version: ServerVersion): ReleaseBehaviour {
  const release = parse(version)
  const known = opcodesOf(release)
  return {
    version,
    knows: opcode => known.has(opcode),
    eventZxid: atLeast(release, 9),
    modesCoexist: atLeast(release, 9),
    multiCreate2: atLeast(release, 9) || ((release[0] === 7 || release[0] === 8) && release[1] >= 2),
    refusesCheck: fixedIn(release, 9, 3, 5),
    existsNeedsRead: fixedIn(release, 9, 2, 4),
    eventsNeedRead: fixedIn(release, 9, 2, 4),
    masksDigests: fixedIn(release, 5, 5, 14),
    refusesNullAcl: atLeast(release, 6),
    refusesNullScheme: atLeast(release, 5),
    limitsHandshake: atLeast(release, 5),
    answersFailedSasl: atLeast(release, 5),
    confHasSizes: atLeast(release, 5),
    confHasBacklog: atLeast(release, 6),
    buildDateIsIso: atLeast(release, 7),
    mntrHasUptime: atLeast(release, 6),
    hasDigests: atLeast(release, 6),
    configNode: atLeast(release, 5),
  }
}
