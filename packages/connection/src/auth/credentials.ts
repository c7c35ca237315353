import types from 'node:util/types'
import { op, Xid } from '@zookit/jute'
import { ZooKeeperError } from '../errors.ts'
import { encodeControl } from '../link/control-frame.ts'
import { hasSecret, insecure, secretOf } from './insecure.ts'

/**
 * The proof of an identity, such as `user:password`, as bytes or as text, which is sent as UTF-8. A function is asked again
 * for each connection.
 */
export type Secret = Uint8Array | string | (() => Uint8Array | string | Promise<Uint8Array | string>)

/** A connection to present credentials on. */
export interface CredentialsLink {
  /** True if secrets may be sent in clear text: nobody can read them, or the user allows it. */
  readonly isPrivate: boolean
  write(frame: Buffer): void
}

interface Waiter {
  resolve(): void
  reject(error: ZooKeeperError): void
}

/** The identity of one addAuth, kept to be presented on every connection. */
class Credential {
  readonly scheme: string
  /** A private field: no log, inspection or JSON shows it. */
  readonly #secret: Uint8Array | (() => Uint8Array | string | Promise<Uint8Array | string>)
  /** The callers of addAuth, until the server's first answer. */
  waiters: Waiter[] = []
  /** True once a server has accepted it. */
  isAccepted = false
  /** True once it was sent to a server. */
  isSent = false
  /** A private field, too: it has the secret. */
  #frame: Buffer | null = null
  /** The asking of the function that no connection has taken for itself yet. */
  #asked: Promise<void> | null = null
  /** True once the function has returned a secret, or if there is none to ask. */
  isKnown: boolean

  constructor(scheme: string, secret: Secret) {
    this.scheme = scheme
    this.#secret = typeof secret === 'function' ? secret : bytesOf(secret)
    this.isKnown = typeof this.#secret !== 'function'
    if (typeof this.#secret !== 'function') this.#frame = encodeAuth(scheme, this.#secret)
  }

  /** True if the secret is a function, asked for each connection. */
  get changes(): boolean {
    return typeof this.#secret === 'function'
  }

  /** The frame for the present connection; null until the function has returned. */
  get frame(): Buffer | null {
    return this.#frame
  }

  /** True if whoever reads the frame has the secret. */
  get needsPrivacy(): boolean {
    return hasSecret(this.scheme)
  }

  /** Asks the function for the secret at once, if it is one. What it returns is for the next connection, too. */
  ask(): Promise<void> {
    this.#asked = this.#ask()
    return this.#asked
  }

  /** Asks the function for the secret of a connection. */
  refresh(): Promise<void> {
    const asked = this.#asked ?? this.#ask()
    this.#asked = null
    return asked
  }

  async #ask(): Promise<void> {
    if (typeof this.#secret === 'function') {
      this.#frame = encodeAuth(this.scheme, bytesOf(await this.#secret()))
      this.isKnown = true
    }
  }

  /** Forgets what a function has returned: it is asked again for the next connection. */
  forget(): void {
    if (!this.changes) return
    this.#frame = null
    this.#asked = null
  }

  /** Tells whether this is the credential of another call with the same scheme and the same secret. */
  is(scheme: string, secret: Secret): boolean {
    if (scheme !== this.scheme) return false
    if (typeof secret === 'function' || typeof this.#secret === 'function') return secret === this.#secret
    return Buffer.from(this.#secret).equals(bytesOf(secret))
  }

  /** Returns the error of the end of a wait, with what became of this credential. */
  endedBy(reason: ZooKeeperError): ZooKeeperError {
    const sent = reason.outcome === 'not-sent' ? 'unknown' : reason.outcome
    const own = { operation: 'auth', outcome: this.isSent ? sent : 'not-sent' } as const
    const { code, errno, explanation: message, retryable, cause } = reason
    if (reason.operation === own.operation && reason.outcome === own.outcome) return reason
    return new ZooKeeperError(code, { errno, message, retryable, cause, ...own })
  }

  /** Settles what its callers wait for. */
  settle(settle: (waiter: Waiter) => void): void {
    for (const waiter of this.waiters.splice(0)) settle(waiter)
  }
}

/** The identities that a session presents, in the order in which they were added. */
export class Credentials {
  #all: Credential[] = []
  /** The credentials that were presented on the current connection. */
  readonly #presented = new Set<Credential>()
  /** The presented credentials that the server has not answered, oldest first. */
  #unanswered: Credential[] = []
  #link: CredentialsLink | null = null

  /** The number of credentials that the server has not answered on the current connection. */
  get unanswered(): number {
    return this.#unanswered.length
  }

  /** The scheme of the oldest of them: the one that the server's next answer is about. */
  get oldestScheme(): string | undefined {
    return this.#unanswered[0]?.scheme
  }

  /** True if a function has to be asked for each connection. */
  get changing(): boolean {
    return this.#all.some(credential => credential.changes)
  }

  /**
   * The scheme of a secret that a server has accepted, and that must not be sent in clear text: no connection can go without
   * it. Undefined if there is none.
   */
  get privateScheme(): string | undefined {
    return this.#all.find(({ needsPrivacy, isAccepted }) => needsPrivacy && isAccepted)?.scheme
  }

  /** Asks the functions for the secrets of the next connection. */
  async refresh(): Promise<void> {
    for (const credential of this.#all) await credential.refresh()
  }

  /**
   * Presents every credential on a new connection. One that no server has accepted yet, and that the connection may not
   * carry, is refused to its caller.
   */
  present(link: CredentialsLink): void {
    this.withdraw()
    this.#link = link
    for (const credential of [...this.#all]) this.#send(credential)
  }

  /** Presents nothing any more: the connection is lost. What it did not answer is presented on the next one. */
  withdraw(): void {
    this.#link = null
    this.#presented.clear()
    this.#unanswered = []
  }

  /**
   * Adds a credential, and presents it at once if there is a connection. Settles with the server's answer. A credential
   * whose function fails is not kept. One that is there already counts once: its first answer is that of both calls.
   */
  add(scheme: string, secret: Secret): Promise<void> {
    const known = this.#all.find(credential => credential.is(scheme, secret))
    if (known?.isAccepted) return Promise.resolve()
    const credential = known ?? new Credential(scheme, secret)
    return new Promise((resolve, reject) => {
      credential.waiters.push({ resolve, reject })
      if (known) return
      this.#all.push(credential)
      if (credential.frame) this.#send(credential)
      else
        credential.ask().then(
          () => this.#send(credential),
          // A new connection may have asked the function, too, and got a secret.
          error => credential.isKnown || this.#drop(credential, error),
        )
    })
  }

  /**
   * Takes credentials off: they are not presented on the next connection.
   *
   * @param secret the secret that was given to `add`; undefined for every credential of the scheme.
   * @returns true if there was one.
   */
  remove(scheme: string, secret?: Secret): boolean {
    const gone = this.#all.filter(credential =>
      secret === undefined ? credential.scheme === scheme : credential.is(scheme, secret),
    )
    for (const credential of gone) {
      const removed = new ZooKeeperError('ABORTED', { message: 'removeAuth removed the credential' })
      this.#drop(credential, credential.endedBy(removed))
    }
    return gone.length > 0
  }

  /** Notes that the server accepted the oldest credential that it had not answered. */
  accepted(): void {
    const credential = this.#unanswered.shift()
    if (!credential) return
    credential.isAccepted = true
    credential.settle(waiter => waiter.resolve())
  }

  /** Rejects every addAuth that waits, with the outcome of its own credential. */
  fail(reason: () => ZooKeeperError): void {
    this.withdraw()
    for (const credential of this.#all)
      credential.settle(waiter => waiter.reject(credential.endedBy(reason())))
  }

  #drop(credential: Credential, error: ZooKeeperError): void {
    this.#all = this.#all.filter(other => other !== credential)
    credential.settle(waiter => waiter.reject(error))
  }

  #send(credential: Credential): void {
    const { frame } = credential
    const link = this.#link
    if (!link || !frame || !this.#all.includes(credential)) return
    credential.forget()
    if (this.#presented.has(credential)) return
    if (credential.needsPrivacy && !link.isPrivate)
      return this.#drop(credential, credential.endedBy(insecure(secretOf(credential.scheme))))
    this.#presented.add(credential)
    this.#unanswered.push(credential)
    credential.isSent = true
    link.write(frame)
  }
}

function bytesOf(secret: unknown): Uint8Array {
  // UTF-8 has no lone surrogate: another character would be sent in its place.
  if (typeof secret === 'string' && secret.isWellFormed()) return Buffer.from(secret)
  if (types.isUint8Array(secret)) return secret
  const message =
    'a secret must be text without a lone surrogate or bytes, or a function that returns one of them'
  throw new ZooKeeperError('BAD_ARGUMENTS', { message, operation: 'auth', outcome: 'not-sent' })
}

function encodeAuth(scheme: string, auth: Uint8Array): Buffer {
  return encodeControl(Xid.auth, op.auth, { type: 0, scheme, auth })
}
