import { type Directives, parseDirectives, quoted } from './directives.ts'
import type { SaslExchange, SaslMechanism, SaslStep } from './mechanism.ts'

/** Loads node:crypto when it is needed: who does not use SASL does not wait for it at the import. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

/** The service and the host of ZooKeeper's servers: the same for all of them. */
const DIGEST_URI = 'zookeeper/zk-sasl-md5'
/** The longest challenge that RFC 2831 allows, in bytes. */
const LONGEST_CHALLENGE = 2047
/** A nonce is used for one answer only. */
const NONCE_COUNT = '00000001'

/** The values from which both proofs of an exchange are computed. */
export interface Agreement {
  readonly username: string
  readonly password: string
  readonly realm: string
  readonly nonce: string
  readonly cnonce: string
  readonly uri: string
}

/** Makes the mechanism DIGEST-MD5 (RFC 2831), with the quality of protection `auth`. */
export function digestMd5(username: string, password: string): SaslMechanism {
  return {
    name: 'DIGEST-MD5',
    principal: username,
    needsPrivacy: true,
    start: () => new DigestMd5Exchange(username, password),
  }
}

class DigestMd5Exchange implements SaslExchange {
  readonly #username: string
  readonly #password: string
  #isBegun = false
  /** The proof that the server must send; null until it was challenged to. */
  #expected: string | null = null

  constructor(username: string, password: string) {
    this.#username = username
    this.#password = password
  }

  step(challenge: Uint8Array): SaslStep {
    if (this.#isBegun) return { token: this.#answer(challenge), isLast: true }
    // The server speaks first.
    this.#isBegun = true
    return { token: Buffer.alloc(0), isLast: false }
  }

  #answer(challenge: Uint8Array): Buffer {
    const directives = readChallenge(challenge)
    const [realm = ''] = directives.all('realm')
    const nonce = directives.only('nonce')
    const cnonce = crypto().randomBytes(24).toString('base64')
    const agreement = {
      username: this.#username,
      password: this.#password,
      realm,
      nonce,
      cnonce,
      uri: DIGEST_URI,
    }
    this.#expected = proof(agreement, '')
    const isUtf8 = directives.all('charset').length > 0
    const parts = [
      ...(isUtf8 ? ['charset=utf-8'] : []),
      `username=${quoted(this.#username)}`,
      ...(directives.all('realm').length > 0 ? [`realm=${quoted(realm)}`] : []),
      `nonce=${quoted(nonce)}`,
      `nc=${NONCE_COUNT}`,
      `cnonce=${quoted(cnonce)}`,
      `digest-uri=${quoted(DIGEST_URI)}`,
      `response=${proof(agreement, 'AUTHENTICATE')}`,
      'qop=auth',
    ]
    const text = parts.join(',')
    if (isUtf8) return Buffer.from(text)
    if (!isLatin1(text + this.#password)) {
      throw new Error(
        'the server knows ISO 8859-1 only, in which the user name or the password cannot be written',
      )
    }
    return Buffer.from(text, 'latin1')
  }

  verify(answer: Uint8Array | null): void {
    if (answer === null || answer.length === 0) {
      throw new Error(
        'the server accepted no password and gave this connection no identity, but would let it go on without one (zookeeper.allowSaslFailedClients)',
      )
    }
    checkLength(answer, 'answer')
    const told = parseDirectives(Buffer.from(answer).toString()).only('rspauth')
    if (this.#expected === null || !sameText(told, this.#expected)) {
      throw new Error('the server has not proved that it knows the password: it may be an impostor')
    }
  }
}

/** Reads a challenge. @throws Error if it is malformed, or if the server demands what this client does not have. */
function readChallenge(challenge: Uint8Array): Directives {
  checkLength(challenge, 'challenge')
  const bytes = Buffer.from(challenge)
  // Without a charset the text is ISO 8859-1. The names of directives are the same in both.
  const plain = parseDirectives(bytes.toString('latin1'))
  const charsets = plain.all('charset')
  const directives = charsets.length === 0 ? plain : parseDirectives(bytes.toString())
  if (directives.only('algorithm') !== 'md5-sess') throw new Error('the server demands an unknown algorithm')
  if (charsets.length > 1 || charsets.some(charset => charset.toLowerCase() !== 'utf-8')) {
    throw new Error('the server demands an unknown charset')
  }
  // Without a qop, `auth` is meant.
  const [offer = 'auth'] = directives.all('qop')
  if (!offer.split(/[\s,]+/).includes('auth')) {
    throw new Error('the server demands protected messages (qop), which ZooKeeper does not have')
  }
  return directives
}

function checkLength(token: Uint8Array, kind: string): void {
  if (token.length > LONGEST_CHALLENGE) {
    throw new Error(`the server's ${kind} has ${token.length} bytes: RFC 2831 allows ${LONGEST_CHALLENGE}`)
  }
}

/** Computes a proof of the password (RFC 2831, 2.1.2.1). The client's method is `AUTHENTICATE`, the server's is empty. */
export function proof({ username, password, realm, nonce, cnonce, uri }: Agreement, method: string): string {
  const colon = Buffer.from(':')
  const secret = md5(inHash(username), colon, inHash(realm), colon, inHash(password))
  const a1 = md5(secret, Buffer.from(`:${nonce}:${cnonce}`)).toString('hex')
  const a2 = md5(Buffer.from(`${method}:${uri}`)).toString('hex')
  return md5(Buffer.from(`${a1}:${nonce}:${NONCE_COUNT}:${cnonce}:auth:${a2}`)).toString('hex')
}

/** Returns the bytes of a text as they are hashed: ISO 8859-1 where it has all the characters, else UTF-8. */
function inHash(text: string): Buffer {
  return Buffer.from(text, isLatin1(text) ? 'latin1' : 'utf8')
}

function isLatin1(text: string): boolean {
  return Buffer.from(text, 'latin1').toString('latin1') === text
}

function md5(...parts: readonly Buffer[]): Buffer {
  return parts.reduce((hash, part) => hash.update(part), crypto().createHash('md5')).digest()
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && crypto().timingSafeEqual(left, right)
}
