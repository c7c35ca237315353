import { createHash, timingSafeEqual } from 'node:crypto'

const REALM = 'zk-sasl-md5'
const URI = 'zookeeper/zk-sasl-md5'
const NONCE_COUNT = '00000001'

function md5(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Parses the directives of a DIGEST-MD5 message: `key=value` and `key="quoted value"`, separated by commas. */
export function parseDirectives(text: string): Map<string, string> {
  const directives = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const equals = text.indexOf('=', at)
    if (equals === -1) break
    const key = text.slice(at, equals).replaceAll(',', '').trim()
    let value = ''
    at = equals + 1
    if (text[at] === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\') at++
        value += text[at] ?? ''
      }
      at++
    } else {
      for (; at < text.length && text[at] !== ','; at++) value += text[at]
    }
    directives.set(key, value.trim())
    at++
  }
  return directives
}

/** Encodes a text as it is hashed: in ISO 8859-1 where that has all its characters, else in UTF-8. */
function inHash(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return bytes.toString('latin1') === text ? bytes : Buffer.from(text)
}

/** Computes a proof of the password (RFC 2831, 2.1.2.1). The client's method is `AUTHENTICATE`, the server's is empty. */
function proofOf(directives: ReadonlyMap<string, string>, password: string, method: string): string {
  const get = (key: string): string => directives.get(key) ?? ''
  const secret = md5(inHash(get('username')), ':', inHash(get('realm')), ':', inHash(password))
  const authorized = directives.has('authzid') ? `:${get('authzid')}` : ''
  const a1 = md5(secret, `:${get('nonce')}:${get('cnonce')}${authorized}`).toString('hex')
  const a2 = md5(`${method}:${get('digest-uri')}`).toString('hex')
  const between = [get('nonce'), get('nc'), get('cnonce'), get('qop')].join(':')
  return md5(`${a1}:${between}:${a2}`).toString('hex')
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** The result of one step of an exchange. */
export type SaslStep =
  | { readonly type: 'continue'; readonly token: Buffer }
  | { readonly type: 'done'; readonly token: Buffer; readonly user: string }
  | { readonly type: 'failed' }

/** The server's side of one DIGEST-MD5 exchange, with quality of protection `auth` only. */
export class SaslServer {
  readonly #passwords: ReadonlyMap<string, string>
  readonly #nonce: string
  #challenged = false

  constructor(passwords: ReadonlyMap<string, string>, random: () => number) {
    this.#passwords = passwords
    this.#nonce = Buffer.from(Array.from({ length: 24 }, () => Math.floor(random() * 256))).toString('base64')
  }

  /** Takes the next step. @param token the client's token; empty in the first step. */
  step(token: Uint8Array): SaslStep {
    if (!this.#challenged) {
      this.#challenged = true
      const challenge = `realm="${REALM}",nonce="${this.#nonce}",charset=utf-8,algorithm=md5-sess`
      return { type: 'continue', token: Buffer.from(challenge) }
    }
    this.#challenged = false
    const directives = parseDirectives(Buffer.from(token).toString())
    const user = directives.get('username') ?? ''
    const password = this.#passwords.get(user)
    if (password === undefined || !this.#isFresh(directives)) return { type: 'failed' }
    const proof = proofOf(directives, password, 'AUTHENTICATE')
    if (!sameText(proof, directives.get('response') ?? '')) return { type: 'failed' }
    return { type: 'done', token: Buffer.from(`rspauth=${proofOf(directives, password, '')}`), user }
  }

  #isFresh(directives: ReadonlyMap<string, string>): boolean {
    return (
      directives.get('nonce') === this.#nonce &&
      directives.get('nc') === NONCE_COUNT &&
      directives.get('qop') === 'auth' &&
      directives.get('digest-uri') === URI &&
      directives.get('realm') === REALM
    )
  }
}
