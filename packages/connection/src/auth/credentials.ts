import { op, Writer, Xid } from '@zookit/jute'
import type { ZooKeeperError } from '../errors.ts'

/** What proves an identity, such as the bytes of `user:password`; a function is asked again at each connection. */
export type Secret = Uint8Array | (() => Promise<Uint8Array>)

/** One addAuth, kept to be presented again on every connection. */
class Credential {
  readonly scheme: string
  /** Private: no log, inspection or JSON shows it. */
  readonly #secret: Secret
  /** Whoever waits for the server's first word on it. */
  waiter: { resolve(): void; reject(error: ZooKeeperError): void } | null = null
  /** The frame for the present connection; null while a function is being asked. */
  frame: Buffer | null = null

  constructor(scheme: string, secret: Secret) {
    this.scheme = scheme
    this.#secret = secret
    if (typeof secret !== 'function') this.frame = encodeAuth(scheme, secret)
  }

  /** Whether it has to be asked for at each connection. */
  get changes(): boolean {
    return typeof this.#secret === 'function'
  }

  async refresh(): Promise<void> {
    if (typeof this.#secret === 'function') this.frame = encodeAuth(this.scheme, await this.#secret())
  }
}

/** The identities that a session presents, in the order in which they were added. */
export class Credentials {
  #all: Credential[] = []
  /** Those that the present connection has been given. */
  readonly #presented = new Set<Credential>()
  /** Those of them whose answers it owes, oldest first. */
  #unanswered: Credential[] = []
  #write: ((frame: Buffer) => void) | null = null

  /** How many answers the present connection owes. */
  get unanswered(): number {
    return this.#unanswered.length
  }

  /** Whether there are any to be asked for. */
  get changing(): boolean {
    return this.#all.some(credential => credential.changes)
  }

  /** Asks those that are functions for the next connection's secrets. */
  async refresh(): Promise<void> {
    for (const credential of this.#all) await credential.refresh()
  }

  /** Presents everything on a new connection. */
  present(write: (frame: Buffer) => void): void {
    this.withdraw()
    this.#write = write
    for (const credential of this.#all) this.#send(credential)
  }

  /** The connection is gone: what it has not answered is presented again on the next. */
  withdraw(): void {
    this.#write = null
    this.#presented.clear()
    this.#unanswered = []
  }

  /**
   * Adds one, and presents it at once where there is a connection. Settles with the server's answer; one whose
   * function fails is not kept.
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
    // A new connection has asked as well, and was answered.
    if (credential.frame) return
    this.#all = this.#all.filter(other => other !== credential)
    credential.waiter?.reject(error)
    credential.waiter = null
  }

  /** The server took the oldest one that it had not answered. */
  accepted(): void {
    const credential = this.#unanswered.shift()
    credential?.waiter?.resolve()
    if (credential) credential.waiter = null
  }

  /** Nothing will be answered any more. `error` is asked for where anybody waits. */
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

/** A frame that the session sends for itself, under a reserved xid. */
export function encodeControl<T>(
  xid: number,
  operation: { code: number; writeRequest: (writer: Writer, body: T) => void },
  body: T,
): Buffer {
  const writer = new Writer(64)
  writer.int(0).int(xid).int(operation.code)
  operation.writeRequest(writer, body)
  const frame = writer.written()
  frame.writeInt32BE(frame.length - 4)
  return frame
}
