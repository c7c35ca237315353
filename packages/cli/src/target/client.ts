import type { ZooKeeper } from '@zookit/client'
import type { GlobalOptions } from '../program/global-options.ts'
import { resolveTarget } from './target.ts'
import type { Target } from './types.ts'

/** A client that connects when it is first asked for, and again after it was closed. */
export class LazyClient {
  readonly #env: Readonly<Record<string, string | undefined>>
  /** Called with each new client. */
  readonly #onClient: (zk: ZooKeeper) => void
  #globals: GlobalOptions
  #target: Promise<Target> | undefined
  #zk: Promise<ZooKeeper> | undefined

  constructor(
    globals: GlobalOptions,
    env: Readonly<Record<string, string | undefined>>,
    onClient: (zk: ZooKeeper) => void = () => {},
  ) {
    this.#globals = globals
    this.#env = env
    this.#onClient = onClient
  }

  /** Returns the ensemble. @throws UsageError. */
  target(): Promise<Target> {
    this.#target ??= resolveTarget(this.#globals, this.#env)
    return this.#target
  }

  /** Returns the connected client. @param signal gives the connecting up. @throws UsageError; ZooKeeperError. */
  async get(signal: AbortSignal): Promise<ZooKeeper> {
    this.#zk ??= this.#connect(signal)
    try {
      return await this.#zk
    } catch (error) {
      this.#zk = undefined
      throw error
    }
  }

  /** The client if it is connected already or about to, else undefined. */
  get current(): Promise<ZooKeeper> | undefined {
    return this.#zk
  }

  /** Closes the client, and takes other servers from now on. Undefined: the same again. */
  async moveTo(hosts: string | undefined): Promise<void> {
    await this.close()
    if (hosts === undefined) return
    this.#globals = { ...this.#globals, hosts, ensemble: undefined }
    this.#target = undefined
  }

  /** Closes the client, if there is one. */
  async close(): Promise<void> {
    const zk = this.#zk
    this.#zk = undefined
    await zk?.then(
      client => client.close(),
      () => {},
    )
  }

  async #connect(signal: AbortSignal): Promise<ZooKeeper> {
    const { hosts, options, refused } = await this.target()
    const { connect } = await import('@zookit/client')
    const ends = refused === undefined ? signal : AbortSignal.any([signal, refused])
    try {
      const zk = await connect(hosts, { ...options, signal: ends })
      this.#onClient(zk)
      return zk
    } catch (error) {
      if (!refused?.aborted) throw error
      this.#target = undefined
      throw refused.reason
    }
  }
}
