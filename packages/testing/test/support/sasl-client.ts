import { createHash } from 'node:crypto'
import { op } from '@zookit/jute'
import { parseDirectives } from '../../src/auth/sasl.ts'
import type { Answer, RawClient } from './raw-client.ts'

function md5(...parts: (string | Buffer)[]): Buffer {
  return parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest()
}

/** Returns a client's answer to a challenge of DIGEST-MD5 (RFC 2831). */
export function respond(challenge: Buffer, user: string, password: string): Buffer {
  const directives = parseDirectives(challenge.toString())
  const [realm, nonce] = [directives.get('realm')!, directives.get('nonce')!]
  const uri = 'zookeeper/zk-sasl-md5'
  const a1 = md5(md5(`${user}:${realm}:${password}`), `:${nonce}:abc:${user}`).toString('hex')
  const a2 = md5(`AUTHENTICATE:${uri}`).toString('hex')
  const response = md5(`${a1}:${nonce}:00000001:abc:auth:${a2}`).toString('hex')
  return Buffer.from(
    `charset=utf-8,username="${user}",realm="${realm}",nonce="${nonce}",nc=00000001,cnonce="abc",` +
      `digest-uri="${uri}",maxbuf=65536,response=${response},qop=auth,authzid="${user}"`,
  )
}

/** Plays a whole exchange. @returns the answer to its last step. */
export async function finalAnswer(client: RawClient, user: string, password: string): Promise<Answer> {
  const { token } = await client.call(op.sasl, { token: Buffer.alloc(0) })
  return await client.ask(op.sasl, { token: respond(token!, user, password) })
}

/** Plays a whole exchange. @returns the error number of the answer to its last step. */
export async function authenticate(client: RawClient, user: string, password: string): Promise<number> {
  return (await finalAnswer(client, user, password)).err
}
