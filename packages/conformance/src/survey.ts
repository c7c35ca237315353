import { CreateFlag, ErrorNumber, op, Reader, readSetSASLResponse } from '@zookit/jute'
import type { Capability } from './case.ts'
import { exchange, type Subject } from './context.ts'
import type { Credential, Keeper } from './keeper.ts'
import { setQuota } from './quota.ts'
import { type Address, RawClient } from './raw-client.ts'
import { hasReached, isRelease, lineOf, type Release } from './release.ts'
import { create, createBody, remove } from './steps.ts'

/** Words that change nothing at the server. */
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
const SHORT_SESSION = 5_000
const REAPING = 2_000
const PAUSE = 50
/** No configuration has this version: a reconfig that asks for it changes nothing. */
const NO_CONFIG = 1n << 60n

/** What a server says of itself to anyone. */
export interface Introduction {
  readonly release: Release
  readonly readOnly: boolean
}

/** What was found out about the servers before the first case. */
export interface Survey {
  readonly subject: Subject
  readonly capabilities: ReadonlySet<Capability>
}

/**
 * Asks a server who it is. The profile wins; one that names a line alone takes the patch that the server tells.
 *
 * @throws Error when neither the profile nor the server tells the release.
 */
export async function introduce(
  server: Address,
  profile: Release | undefined,
  patience: number,
): Promise<Introduction> {
  const srvr = (await exchange(server, 'srvr', patience)).toString()
  const told = /Zookeeper version: (3\.\d+\.\d+)/.exec(srvr)?.[1]
  const version = told !== undefined && isRelease(told) ? told : undefined
  const release =
    version !== undefined && (profile === undefined || profile === lineOf(version)) ? version : profile
  if (release === undefined) {
    throw new Error(`${server.host}:${server.port} does not tell its release (srvr): name a profile`)
  }
  const isro = (await exchange(server, 'isro', patience)).toString()
  return { release, readOnly: isro === 'ro' || /^READ-ONLY/m.test(srvr) }
}

async function words(server: Address, patience: number): Promise<Capability[]> {
  const found: Capability[] = []
  for (const word of WORDS) {
    const answer = (await exchange(server, word, patience)).toString()
    if (answer !== '' && !answer.includes('not in the whitelist')) found.push(`word:${word}`)
  }
  return found
}

async function grantedTimeout(server: Address, patience: number, timeOut: number): Promise<number> {
  const client = new RawClient(server, patience, () => {})
  const response = await client.shake({ timeOut })
  await client.ask(op.closeSession, null)
  client.destroy()
  return response.timeOut
}

async function reaps(client: RawClient, path: string): Promise<boolean> {
  await client.request(op.createContainer, createBody(path, { flags: CreateFlag.container }))
  await create(client, `${path}/child`)
  await remove(client, `${path}/child`)
  for (let waited = 0; waited < REAPING; waited += PAUSE) {
    await new Promise(resolve => setTimeout(resolve, PAUSE))
    if ((await client.request(op.exists, { path, watch: false })) === null) return true
  }
  return false
}

async function takesTtl(client: RawClient, path: string): Promise<boolean> {
  const body = { ...createBody(path, { flags: CreateFlag.ttl }), ttl: 3_600_000 }
  return (await client.ask(op.createTTL, body)).err === 0
}

async function refusesReconfig(client: RawClient): Promise<boolean> {
  const body = { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: NO_CONFIG }
  return (await client.ask(op.reconfig, body)).err === ErrorNumber.RECONFIG_DISABLED
}

async function enforcesQuota(client: RawClient, path: string): Promise<boolean> {
  await create(client, path)
  await setQuota(client, path, 1, -1)
  return (await client.ask(op.create, createBody(`${path}/over`))).err === ErrorNumber.QUOTA_EXCEEDED
}

/** A server without SASL answers with no token, and goes on. */
async function lacksSasl(server: Address, patience: number): Promise<boolean> {
  const client = new RawClient(server, patience, () => {})
  try {
    await client.shake()
    const answer = await client.ask(op.sasl, { token: Buffer.alloc(0) })
    const lacks = answer.err === 0 && readSetSASLResponse(new Reader(answer.bytes)).token === null
    await client.ask(op.closeSession, null)
    return lacks
  } finally {
    client.destroy()
  }
}

/** What a server that takes writes can do. Works in a directory that exists. */
async function abilities(
  server: Address,
  release: Release,
  root: string,
  patience: number,
): Promise<Capability[]> {
  const found: Capability[] = []
  const client = new RawClient(server, patience, () => {})
  try {
    await client.shake()
    if (hasReached(release, ['3.5.3'])) {
      found.push((await takesTtl(client, `${root}/ttl`)) ? 'extended-types' : 'no-extended-types')
    }
    if (hasReached(release, ['3.5.1']) && (await reaps(client, `${root}/container`)))
      found.push('quick-reaping')
    if (hasReached(release, ['3.5.3']) && (await refusesReconfig(client))) found.push('reconfig-disabled')
    if (hasReached(release, ['3.7']) && (await enforcesQuota(client, `${root}/quota`)))
      found.push('enforced-quota')
    await client.ask(op.closeSession, null)
  } finally {
    client.destroy()
  }
  found.push((await lacksSasl(server, patience)) ? 'no-sasl' : 'sasl')
  return found
}

/** Finds out what the servers can do. Creates and leaves znodes below `root`, which exists. */
export async function survey(
  servers: readonly Address[],
  { release, readOnly }: Introduction,
  options: { root: string; keeper: Keeper | null; patience: number; superUser: Credential | null },
): Promise<Survey> {
  const { root, keeper, patience, superUser } = options
  const server = servers[0]!
  const capabilities = new Set<Capability>(await words(server, patience))
  capabilities.add(servers.length > 1 ? 'ensemble' : 'standalone')
  const superSecret = superUser?.secret ?? null
  if (superSecret !== null) capabilities.add('super')
  if (readOnly || keeper === null) {
    return { subject: { servers, release, minTimeout: 0, maxTimeout: 0, superSecret }, capabilities }
  }
  for (const ability of await abilities(server, release, root, patience)) capabilities.add(ability)
  const minTimeout = await grantedTimeout(server, patience, 1)
  const maxTimeout = await grantedTimeout(server, patience, 0x7fff_ffff)
  if (minTimeout <= SHORT_SESSION) capabilities.add('short-sessions')
  return { subject: { servers, release, minTimeout, maxTimeout, superSecret }, capabilities }
}
