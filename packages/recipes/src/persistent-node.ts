import { type ACL, type Data, validatePath, type ZooKeeper } from '@zookit/client'
import { Broadcast, type Changes, type ChangesOptions } from './core/broadcast.ts'
import type { ParentMode } from './core/creation.ts'
import type { Limits } from './core/deadline.ts'
import { badArgument } from './core/errors.ts'
import type { OwnNode } from './core/handle.ts'
import { resolveOptions } from './core/options.ts'
import { type KeptNodeEvent, Reconciler, type ReconcilerSettings } from './core/reconciler.ts'

/** The kinds of node that a PersistentNode keeps. */
export type PersistentNodeMode = 'ephemeral' | 'persistent' | 'ephemeral-sequential' | 'persistent-sequential'

/** What a PersistentNode is made with. */
export interface PersistentNodeOptions {
  /** Default `ephemeral`. */
  mode?: PersistentNodeMode | undefined
  /** What is in the node. Default null. */
  data?: Data | undefined
  /** Who may do what with the node, and with those above it that are made. Needs READ. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** What is made above it where nothing is. Default `container`; `persistent` on servers before 3.5.1. */
  parent?: ParentMode | undefined
  /** After a lost connection, requests are spread over so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** A node that is kept in being. */
export abstract class KeptNode implements AsyncDisposable {
  /** The path as it was given: in the sequential modes only what the name ends with before its number. */
  readonly path: string
  readonly #events: Broadcast<KeptNodeEvent>
  readonly #reconciler: Reconciler

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, path: string, settings: ReconcilerSettings, data: Data) {
    validatePath(path)
    if (path === '/') throw badArgument('the root cannot be kept', path)
    this.path = path
    this.#events = new Broadcast<KeptNodeEvent>(path, () => ({ type: 'resync' }))
    this.#reconciler = new Reconciler(zk, path, settings, data, this.#events)
  }

  /** The node: its whole path, whose session it was made in, its czxid. Null while it is not there. */
  get current(): OwnNode | null {
    return this.#reconciler.own
  }

  /** Whether it is not certain that the node is there, ours, and as it was left: mostly without a connection. */
  get stale(): boolean {
    return !this.#reconciler.held
  }

  /** What is in the node, or will be when it is there again. */
  get data(): Data {
    return this.#reconciler.data
  }

  /**
   * Begins. May be called again.
   *
   * @returns when the node is there: after one round trip, where nothing is in the way and the node above is there.
   * @throws NO_AUTH; NOT_EMPTY: another's node with children is in the way; NO_CHILDREN_FOR_EPHEMERALS; UNIMPLEMENTED:
   *   the server does not have the mode; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client
   *   does not renew its session. Then nothing is left running, and the node is deleted in the background.
   */
  start(limits: Limits = {}): Promise<void> {
    return this.#reconciler.start(limits)
  }

  /**
   * Replaces the data, for now and for whenever the node is made again. It stands, whatever ends the wait.
   *
   * @returns when the node has it, or what was set after it; at once before `start`.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED.
   */
  setData(data: Data, limits: Limits = {}): Promise<void> {
    return this.#reconciler.write(data, limits)
  }

  /** What happens to the node, from this call on. Ends with `close`; throws when the client has ended otherwise. */
  changes(options?: ChangesOptions): Changes<KeptNodeEvent> {
    return this.#events.listen(options)
  }

  /**
   * Ends it, and with it what `mode` says.
   *
   * @param limits end the wait, not the deletion, which goes on in the background.
   * @returns when the node is gone, or the session and the node with it.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; NOT_EMPTY.
   */
  close(limits: Limits = {}): Promise<void> {
    return this.#reconciler.close(limits)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reconciler.close()
  }
}

const MODES: ReadonlySet<unknown> = new Set([
  'ephemeral',
  'persistent',
  'ephemeral-sequential',
  'persistent-sequential',
])

/**
 * Keeps a node in being with its data: it is made again when somebody deletes it, and in the next session when its own
 * has expired. `close` deletes it.
 *
 * What others write into it stays until the node is made again. A node of another session that is found at the start or
 * after an expiry is replaced, in one transaction: mostly it is what a process that has just been restarted has left
 * behind. So of several who keep one path, the last to come has it; the others wait until it is gone.
 */
export class PersistentNode extends KeptNode {
  /**
   * @param path the node; in the sequential modes what its number is appended to. The name it gets then also begins with
   *   `_c_` and a UUID, and stays the same whenever it is made again.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: PersistentNodeOptions = {}) {
    const { mode = 'ephemeral' } = options
    if (!MODES.has(mode)) throw badArgument(`there is no mode ${String(mode)} for this`, path)
    const { acl, data, jitter, parent } = resolveOptions(options, path)
    super(zk, path, { mode, acl, jitter, parent }, data)
  }
}
