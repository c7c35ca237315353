import { abilitiesOf, grantedTimeout } from './abilities.ts'
import type { Address } from './access/access.ts'
import type { Capability } from './capability.ts'
import { exchange, type Subject } from './context.ts'
import { isRelease, lineOf, type Release } from './release.ts'

/** Four-letter words that change nothing at the server. */
const WORDS = [
  'ruok',
  'srvr',
  'stat',
  'mntr',
  'conf',
  'cons',
  'dump',
  'envi',
  'isro',
  'wchs',
  'wchc',
  'wchp',
  'dirs',
]
/** Words whose answer costs a server with many watches or sessions much: the cases that send them are dangerous. */
const COSTLY: ReadonlySet<string> = new Set(['wchc', 'wchp'])
const SHORT_SESSION = 5_000

/** The facts that a server tells to anyone. */
export interface Introduction {
  readonly release: Release
  readonly readOnly: boolean
}

/** The facts that the survey begins with. */
export interface SurveyOptions {
  /** A directory that exists; null on a read-only server. */
  readonly root: string | null
  /** The longest wait for anything that is expected, in milliseconds. */
  readonly maxWait: number
  /** The password of the super user, as `user:password`; null if it was not given. */
  readonly superSecret: string | null
  /** True if the scheme `digest` is accepted. */
  readonly digest: boolean
  /** True if dangerous cases may run. */
  readonly dangerous: boolean
}

/**
 * Asks a server for its release. The profile wins; one that names a line alone takes the patch that the server tells.
 *
 * @throws Error when neither the profile nor the server tells the release.
 */
export async function introduce(
  server: Address,
  profile: Release | undefined,
  maxWait: number,
): Promise<Introduction> {
  const srvr = (await exchange(server, 'srvr', maxWait)).toString()
  const told = /Zookeeper version: (3\.\d+\.\d+)/.exec(srvr)?.[1]
  const version = told !== undefined && isRelease(told) ? told : undefined
  const release =
    version !== undefined && (profile === undefined || profile === lineOf(version)) ? version : profile
  if (release === undefined) {
    throw new Error(`${server.host}:${server.port} does not tell its release (srvr): name it with --profile`)
  }
  const isro = (await exchange(server, 'isro', maxWait)).toString()
  return { release, readOnly: isro === 'ro' || /^READ-ONLY/m.test(srvr) }
}

async function words(server: Address, { maxWait, dangerous }: SurveyOptions): Promise<Capability[]> {
  const found: Capability[] = []
  for (const word of WORDS) {
    if (COSTLY.has(word) && !dangerous) continue
    const answer = (await exchange(server, word, maxWait)).toString()
    if (answer !== '' && !answer.includes('not in the whitelist')) found.push(`word:${word}`)
  }
  return found
}

/** Tells whether connections to a server have no identity of their own: no SASL, and no certificate. */
function isAnonymous({ access }: Address): boolean {
  return access === undefined || (access.mechanism === null && !access.tls?.cert && !access.tls?.pfx)
}

/** Finds out what the servers can do. Creates and leaves znodes below `root`. */
export async function survey(
  servers: readonly Address[],
  release: Release,
  options: SurveyOptions,
): Promise<Subject> {
  const { root, maxWait, superSecret, digest } = options
  const server = servers[0]!
  const capabilities = new Set<Capability>(await words(server, options))
  capabilities.add(servers.length > 1 ? 'ensemble' : 'standalone')
  if (isAnonymous(server)) capabilities.add('anonymous')
  if (digest) capabilities.add('digest')
  if (superSecret !== null && digest) capabilities.add('super')
  const known = { servers, release, capabilities, superSecret }
  if (root === null) return { ...known, minTimeout: 0, maxTimeout: 0 }
  for (const ability of await abilitiesOf({ server, root, maxWait }, release)) capabilities.add(ability)
  const minTimeout = await grantedTimeout(server, maxWait, 1)
  const maxTimeout = await grantedTimeout(server, maxWait, 0x7fff_ffff)
  if (minTimeout <= SHORT_SESSION) capabilities.add('short-sessions')
  return { ...known, minTimeout, maxTimeout }
}
