import { CreateFlag, ErrorNumber, op, Reader, readSetSASLResponse } from '@zookit/jute'
import type { Address } from './access/access.ts'
import type { Capability } from './capability.ts'
import { OWNER } from './keeper.ts'
import { Mismatch } from './mismatch.ts'
import { setQuota } from './quota.ts'
import { RawClient } from './raw-client.ts'
import { hasReached, type Release } from './release.ts'
import { create, createBody, remove } from './steps.ts'

const REAPING = 2_000
const PAUSE = 50
/** A version that no configuration has: a reconfig that asks for it changes nothing. */
const NO_CONFIG = 1n << 60n

/** The place where probes work. */
interface Place {
  readonly server: Address
  /** A directory that exists. */
  readonly root: string
  /** The longest wait for anything that is expected, in milliseconds. */
  readonly maxWait: number
}

/**
 * Tries something on a connection of its own. A server that closes the connection, or does not answer, lacks it: that
 * is no reason to end the suite.
 *
 * @returns what `attempt` returns; undefined where the server does not answer.
 */
async function probe<T>(
  { server, maxWait }: Pick<Place, 'server' | 'maxWait'>,
  attempt: (client: RawClient) => Promise<T>,
): Promise<T | undefined> {
  const client = new RawClient(server, maxWait, () => {})
  try {
    await client.shake()
    const result = await attempt(client)
    await client.ask(op.closeSession, null)
    return result
  } catch (error) {
    if (error instanceof Mismatch) return undefined
    throw error
  } finally {
    client.destroy()
  }
}

/** Tells whether the scheme `digest` is accepted. */
export async function takesDigest(server: Address, maxWait: number): Promise<boolean> {
  const { scheme, secret } = OWNER
  const took = await probe({ server, maxWait }, async client => {
    const { err } = await client.ask(op.auth, { type: 0, scheme, auth: Buffer.from(secret) })
    await client.settle()
    return err === ErrorNumber.OK
  })
  return took === true
}

/** Returns the session timeout that a server grants to one who asks for `timeOut`, in milliseconds. */
export async function grantedTimeout(server: Address, maxWait: number, timeOut: number): Promise<number> {
  const client = new RawClient(server, maxWait, () => {})
  try {
    const response = await client.shake({ timeOut })
    await client.ask(op.closeSession, null)
    return response.timeOut
  } finally {
    client.destroy()
  }
}

/** Finds out what a server that takes writes can do beyond its release. */
export async function abilitiesOf(place: Place, release: Release): Promise<Capability[]> {
  const found: Capability[] = []
  const { root } = place
  if (hasReached(release, ['3.5.3'])) {
    const ttl = await probe(place, client => takesTtl(client, `${root}/ttl`))
    if (ttl !== undefined) found.push(ttl ? 'extended-types' : 'no-extended-types')
    if (await probe(place, refusesReconfig)) found.push('reconfig-disabled')
  }
  if (hasReached(release, ['3.5.1'])) {
    const container = await probe(place, client => makesContainer(client, `${root}/container`))
    if (container !== undefined) found.push('containers')
    if (container && (await probe(place, client => reaps(client, `${root}/container`)))) {
      found.push('quick-reaping')
    }
  }
  if (
    hasReached(release, ['3.7']) &&
    (await probe(place, client => enforcesQuota(client, `${root}/quota`)))
  ) {
    found.push('enforced-quota')
  }
  // A connection that has an identity by SASL has shown it, and could not begin again.
  const isKnown = (place.server.access?.mechanism ?? null) !== null
  const lacks = isKnown ? false : await probe(place, lacksSasl)
  if (lacks !== undefined) found.push(lacks ? 'no-sasl' : 'sasl')
  return found
}

async function takesTtl(client: RawClient, path: string): Promise<boolean> {
  const body = { ...createBody(path, { flags: CreateFlag.ttl }), ttl: 3_600_000 }
  return (await client.ask(op.createTTL, body)).err === ErrorNumber.OK
}

async function makesContainer(client: RawClient, path: string): Promise<boolean> {
  const body = createBody(path, { flags: CreateFlag.container })
  return (await client.ask(op.createContainer, body)).err === ErrorNumber.OK
}

async function reaps(client: RawClient, path: string): Promise<boolean> {
  await create(client, `${path}/child`)
  await remove(client, `${path}/child`)
  for (let waited = 0; waited < REAPING; waited += PAUSE) {
    await new Promise(resolve => setTimeout(resolve, PAUSE))
    if ((await client.request(op.exists, { path, watch: false })) === null) return true
  }
  return false
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

/** Tells if the server is without SASL: then it answers with no token, and goes on. */
async function lacksSasl(client: RawClient): Promise<boolean> {
  const answer = await client.ask(op.sasl, { token: Buffer.alloc(0) })
  return answer.err === ErrorNumber.OK && readSetSASLResponse(new Reader(answer.bytes)).token === null
}
