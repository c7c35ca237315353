import types from 'node:util/types'
import { ZooKeeperError } from '../errors.ts'
import { digestMd5 } from './digest-md5.ts'
import { gssapi } from './gssapi.ts'
import type { SaslMechanism } from './mechanism.ts'
import type { Password, SaslOptions } from './sasl-options.ts'

type SaslSource = SaslOptions | (() => SaslOptions | Promise<SaslOptions>)

/** The SASL identity of a session: the options, and the mechanism that they stand for on the next connection. */
export class Sasl {
  /** A private field: no log, inspection or JSON shows it. */
  readonly #source: SaslSource
  #mechanism: SaslMechanism | null = null

  constructor(source: SaslSource) {
    this.#source = source
  }

  /** The mechanism for the next connection, which `prepare` makes. */
  get mechanism(): SaslMechanism {
    return this.#mechanism!
  }

  /** Forgets the mechanism, which may hold what a function has returned: the next connection gets another one. */
  forget(): void {
    this.#mechanism = null
  }

  /**
   * Asks the functions, and makes the mechanism for the next connection.
   *
   * @throws ZooKeeperError (as a rejection) CONNECT_FAILED for invalid options, or what a function throws.
   */
  async prepare(): Promise<void> {
    this.#mechanism = await saslMechanism(this.#source)
  }
}

/**
 * Makes the mechanism that SASL options stand for, as a session does for each connection: for programs that speak the
 * protocol by themselves. Functions are asked now.
 *
 * @throws ZooKeeperError (as a rejection) CONNECT_FAILED for invalid options, or what a function throws.
 */
export async function saslMechanism(source: SaslSource): Promise<SaslMechanism> {
  return mechanismOf(typeof source === 'function' ? await source() : source)
}

async function mechanismOf(options: SaslOptions): Promise<SaslMechanism> {
  const fault = saslFault(options)
  if (fault !== null) throw invalid(`the sasl options ${fault}`)
  if (options.mechanism === 'DIGEST-MD5') return digestMd5(options.username, await ask(options.password))
  if (options.mechanism === 'GSSAPI') return gssapi(options)
  return options.mechanism
}

async function ask(password: Password): Promise<string> {
  const secret = typeof password === 'function' ? await password() : password
  if (typeof secret === 'string' && secret.isWellFormed()) return secret
  if (types.isUint8Array(secret)) return Buffer.from(secret).toString()
  throw invalid(
    'the password function of the sasl option must return text or bytes (text without a lone surrogate)',
  )
}

/** Makes the error of a function that returned what it must not. The session never goes on without the identity. */
function invalid(message: string): ZooKeeperError {
  return new ZooKeeperError('CONNECT_FAILED', { message })
}

/**
 * Returns what is wrong with SASL options, as a predicate; null if nothing is. It tells no value: one may be a password in
 * the wrong place.
 */
export function saslFault(options: unknown): string | null {
  const given = (options ?? {}) as Record<string, unknown>
  const { mechanism } = given
  if (mechanism === 'DIGEST-MD5') return digestFault(given) ?? surplus(given, ['username', 'password'])
  if (mechanism === 'GSSAPI')
    return gssapiFault(given) ?? surplus(given, ['service', 'hostname', 'principal', 'kerberos'])
  const { name, start } = (mechanism ?? {}) as Record<string, unknown>
  if (typeof name === 'string' && typeof start === 'function') return surplus(given, [])
  return 'must have a mechanism: "DIGEST-MD5", "GSSAPI" or an object { name, start }'
}

function digestFault({ username, password }: Record<string, unknown>): string | null {
  if (!isName(username)) return 'must have a username, a text that is not empty, and without a lone surrogate'
  const isPassword =
    (typeof password === 'string' && password.isWellFormed()) ||
    typeof password === 'function' ||
    types.isUint8Array(password)
  return isPassword ? null : 'must have a password: text without a lone surrogate, bytes or a function'
}

function gssapiFault({ service, hostname, principal }: Record<string, unknown>): string | null {
  if (service !== undefined && !isName(service))
    return 'must have a service that is text, such as "zookeeper"'
  if (principal !== undefined && !isName(principal))
    return 'must have a principal that is text, such as "app@EXAMPLE.COM"'
  const isHost = hostname === undefined || isName(hostname) || typeof hostname === 'function'
  return isHost ? null : 'must have a hostname that is text or a function'
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed()
}

/** Refuses options that the mechanism does not have: one that is misspelt would be left out silently. */
function surplus(options: Record<string, unknown>, names: readonly string[]): string | null {
  const known = ['mechanism', ...names]
  const unknown = Object.keys(options).find(name => options[name] !== undefined && !known.includes(name))
  return unknown === undefined
    ? null
    : `must have no ${JSON.stringify(unknown)}: it takes ${known.join(', ')}`
}
