import { Session, type SessionOptions } from '@zookit/client'
import { type ConnectRequest, op } from '@zookit/jute'
import { type Address, sessionOptionsOf } from './access/access.ts'
import { dial } from './access/dial.ts'
import type { Capability } from './capability.ts'
import { OWNER } from './keeper.ts'
import { settled } from './limits.ts'
import { NotApplicable } from './mismatch.ts'
import { RawClient } from './raw-client.ts'
import type { Release } from './release.ts'
import { tapped } from './tap.ts'
import type { Transcript } from './transcript.ts'

/** The time, in milliseconds, in which a server that ends a connection by itself does so. */
const FAREWELL = 2_000

/** The longest time for closing a session, in milliseconds. */
const CLOSING = 5_000

/** The facts about the servers that are looked at. */
export interface Subject {
  readonly servers: readonly Address[]
  readonly release: Release
  readonly capabilities: ReadonlySet<Capability>
  /** The shortest and the longest session timeout granted, in milliseconds. */
  readonly minTimeout: number
  readonly maxTimeout: number
  /** The password of the super user, as `user:password`, if it was told. */
  readonly superSecret: string | null
}

/** The tools of a case: clients that are ended, and paths that are removed, when it is over. */
export class Context {
  readonly subject: Subject
  /** The directory of this case: it exists, and anyone may do anything in it. */
  readonly root: string
  /** The longest wait for anything that is expected, in milliseconds. */
  readonly maxWait: number
  readonly transcript: Transcript
  readonly #home: number
  readonly #raw: RawClient[] = []
  readonly #sessions: Session[] = []

  constructor(subject: Subject, root: string, home: number, maxWait: number, transcript: Transcript) {
    this.subject = subject
    this.root = root
    this.maxWait = maxWait
    this.transcript = transcript
    this.#home = home
  }

  /** The server of this case. */
  get server(): Address {
    return this.subject.servers[this.#home]!
  }

  /** Another server of the ensemble. */
  get otherServer(): Address {
    const { servers } = this.subject
    return servers[(this.#home + 1) % servers.length]!
  }

  /** Returns a path of this case's own: nobody has created it. */
  path(name: string): string {
    return `${this.root}/${name}`
  }

  /** Returns a connection that has not shaken hands. */
  connection(server: Address = this.server): RawClient {
    const observe = this.transcript.connection(`connection ${this.#raw.length + 1}`)
    const client = new RawClient(server, this.maxWait, observe)
    this.#raw.push(client)
    return client
  }

  /** Returns a connection with a session of its own, or the one that the handshake names. */
  async raw(handshake: Partial<ConnectRequest> = {}, server: Address = this.server): Promise<RawClient> {
    const client = this.connection(server)
    await client.shake(handshake)
    return client
  }

  /** Returns a raw client that has proved to be the owner of the suite's restricted znodes. @throws NotApplicable without `digest`. */
  async owner(): Promise<RawClient> {
    this.need('digest')
    const client = await this.raw()
    const { scheme, secret } = OWNER
    await client.request(op.auth, { type: 0, scheme, auth: Buffer.from(secret) })
    return client
  }

  /** Ends the case as not applicable unless the servers can do something. @throws NotApplicable. */
  need(capability: Capability): void {
    if (!this.subject.capabilities.has(capability)) throw new NotApplicable(`needs ${capability}`)
  }

  /** Returns a session at this case's server: connected. */
  async session(options: Partial<SessionOptions> = {}): Promise<Session> {
    const name = `session ${this.#sessions.length + 1}`
    const session = new Session({
      servers: [this.server],
      sessionTimeout: 10_000,
      renew: false,
      allowInsecureAuth: true,
      environment: tapped(() => this.transcript.connection(name)),
      ...sessionOptionsOf(this.server),
      ...options,
    })
    this.#sessions.push(session)
    await session.ready()
    return session
  }

  /** Sends bytes on a connection of its own. @returns all that came until the server closed it, or maxWait ended. */
  exchange(bytes: Uint8Array | string): Promise<Buffer> {
    return exchange(this.server, bytes, this.maxWait, this.transcript.connection('exchange'))
  }

  /** Ends every client, and the sessions of those whose connections are gone. */
  async dispose(): Promise<void> {
    await Promise.all(this.#sessions.map(session => settled(session.close(), CLOSING)))
    await Promise.all(this.#raw.map(client => this.#end(client)))
  }

  /** Ends all connections, so that everything that the case waits for fails at once. */
  abort(): void {
    for (const client of this.#raw) client.destroy()
    for (const session of this.#sessions) void session.close()
  }

  async #end(client: RawClient): Promise<void> {
    const { sessionId, password, address, closed } = client
    if (sessionId === 0n) return client.destroy()
    if (!closed) client.post(op.closeSession, null, 0x7fff_fff0)
    await settled(client.ended(), FAREWELL)
    client.destroy()
    if (!closed) return
    // The connection was over, the session perhaps not.
    const again = new RawClient(address, FAREWELL, () => {})
    await settled(again.shake({ sessionId, passwd: password }), FAREWELL)
    again.post(op.closeSession, null, 1)
    await settled(again.ended(), FAREWELL)
    again.destroy()
  }
}

/** Sends bytes on a connection of its own. @returns all that came until the server closed it, or time was up. */
export function exchange(
  address: Address,
  bytes: Uint8Array | string,
  maxWait: number,
  observe: (side: 'client' | 'server', bytes: Uint8Array) => void = () => {},
): Promise<Buffer> {
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = dial(address)
    const timer = setTimeout(() => socket.destroy(), maxWait)
    socket.on('error', () => {})
    socket.on('data', chunk => {
      observe('server', chunk)
      chunks.push(chunk)
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks))
    })
    const sent = Buffer.from(bytes)
    observe('client', sent)
    socket.write(sent)
  })
}
