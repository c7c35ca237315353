import { op, Xid } from '@zookit/jute'
import type { ZooKeeperError } from '../errors.ts'
import { encodeControl } from '../link/control-frame.ts'

/** The proof of an identity, such as the bytes of `user:password`. A function is asked again for each connection. */
export type Secret = Uint8Array | (() => Promise<Uint8Array>)

/** The identity of one addAuth, kept to be presented on every connection. */
class Credential {
  readonly scheme: string
  /** A private field: no log, inspection or JSON shows it. */
  readonly #secret: Secret
  /** The caller of addAuth, until the server's first answer. */
  waiter: { resolve(): void; reject(error: ZooKeeperError): void } | null = null
  /** The frame for the present connection; null until the function has returned. */
  frame: Buffer | null = null

  constructor(scheme: string, secret: Secret) {
    this.scheme = scheme
    this.#secret = secret
    if (typeof secret !== 'function') this.frame = encodeAuth(scheme, secret)
  }

  /** True if the secret is a function, asked for each connection. */
  get changes(): boolean {
    return typeof this.#secret === 'function'
  }

  /** Asks the function for the secret, if it is one. */
  async refresh(): Promise<void> {
    if (typeof this.#secret === 'function') this.frame = encodeAuth(this.scheme, await this.#secret())
  }
}

/** The identities that a session presents, in the order in which they were added. */
export class Credentials {
  #all: Credential[] = []
  /** The credentials that were presented on the current connection. */
  readonly #presented = new Set<Credential>()
  /** The presented credentials that the server has not answered, oldest first. */
  #unanswered: Credential[] = []
  #write: ((frame: Buffer) => void) | null = null

  /** The number of credentials that the server has not answered on the current connection. */
  get unanswered(): number {
    return this.#unanswered.length
  }

  /** True if a function has to be asked for each connection. */
  get changing(): boolean {
    return this.#all.some(credential => credential.changes)
  }

  /** Asks the functions for the secrets of the next connection. */
  async refresh(): Promise<void> {
    for (const credential of this.#all) await credential.refresh()
  }

  /** Presents every credential on a new connection. */
  present(write: (frame: Buffer) => void): void {
    this.withdraw()
    this.#write = write
    for (const credential of this.#all) this.#send(credential)
  }

  /** Presents nothing any more: the connection is lost. What it did not answer is presented on the next one. */
  withdraw(): void {
    this.#write = null
    this.#presented.clear()
    this.#unanswered = []
  }

  /**
   * Adds a credential, and presents it at once if there is a connection. Settles with the server's answer. A credential
   * whose function fails is not kept.
   */
  add(scheme: string, secret: Secret): Promise<void> {
    const credential = new Credential(scheme, secret)
    return new Promise((resolve, reject) => {
      credential.waiter = { resolve, reject }
      this.#all.push(credential)
      if (credential.frame) this.#send(credential)
      else
        credential.refresh().then(
          () => this.#send(credential),
          error => this.#drop(credential, error),
        )
    })
  }

  #drop(credential: Credential, error: ZooKeeperError): void {
    // A new connection has asked the function, too, and got a secret.
    if (credential.frame) return
    this.#all = this.#all.filter(other => other !== credential)
    credential.waiter?.reject(error)
    credential.waiter = null
  }

  /** Notes that the server accepted the oldest credential that it had not answered. */
  accepted(): void {
    const credential = this.#unanswered.shift()
    credential?.waiter?.resolve()
    if (credential) credential.waiter = null
  }

  /** Rejects every addAuth that waits. `error` is called only if one does. */
  fail(error: () => ZooKeeperError): void {
    this.withdraw()
    for (const credential of this.#all) {
      credential.waiter?.reject(error())
      credential.waiter = null
    }
  }

  #send(credential: Credential): void {
    if (!this.#write || !credential.frame || this.#presented.has(credential)) return
    this.#presented.add(credential)
    this.#unanswered.push(credential)
    this.#write(credential.frame)
  }
}

function encodeAuth(scheme: string, auth: Uint8Array): Buffer {
  return encodeControl(Xid.auth, op.auth, { type: 0, scheme, auth })
}
