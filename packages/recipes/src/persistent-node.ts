import { type ACL, checks, type Data, inspectAs, type ZooKeeper } from '@zookit/client'
import { checkRecipe, refuse, SHARED } from './core/arguments.ts'
import { Broadcast, type Changes, type ChangesOptions } from './core/broadcast.ts'
import { atOnce, checkMethods, data, takes } from './core/checked-methods.ts'
import type { ParentMode } from './core/creation.ts'
import type { Limits } from './core/deadline.ts'
import { badArgument } from './core/errors.ts'
import type { KeptNodeEvent } from './core/kept-node-event.ts'
import { resolveOptions } from './core/options.ts'
import type { OwnNode } from './core/ownership.ts'
import { Reconciler, type ReconcilerSettings } from './core/reconciler.ts'
import { tellView } from './core/tell.ts'

/** Kinds of znode that a PersistentNode keeps. */
export type PersistentNodeMode = 'ephemeral' | 'persistent' | 'ephemeral-sequential' | 'persistent-sequential'

/** Options of a PersistentNode. */
export interface PersistentNodeOptions {
  /** Default `ephemeral`. */
  mode?: PersistentNodeMode | undefined
  /** Data of the znode. Default null. */
  data?: Data | undefined
  /** ACL of the znode, and of the ancestors that are created. It must allow READ. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** Kind of znode to create if the parent is missing. Default `container`; `persistent` on servers before 3.5.1. */
  parent?: ParentMode | undefined
  /** Milliseconds: after a lost connection, requests are spread over this time at random. Default 100. */
  jitter?: number | undefined
}

/** A znode that is kept in existence. */
export abstract class KeptNode implements AsyncDisposable {
  /** The path that was given. In the sequential modes, the name only ends with it, before the number. */
  readonly path: string
  readonly #events: Broadcast<KeptNodeEvent>
  readonly #reconciler: Reconciler

  /** @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZooKeeper, path: string, settings: ReconcilerSettings, data: Data) {
    this.path = path
    this.#events = new Broadcast<KeptNodeEvent>(path, () => ({ type: 'resync' }))
    this.#reconciler = new Reconciler(zk, path, settings, data, this.#events)
  }

  /** The znode: its whole path, its session, its czxid. Null while it does not exist. */
  get current(): OwnNode | null {
    return this.#reconciler.own
  }

  /** True if it is not certain that the znode exists, is ours and is unchanged: mostly without a connection. */
  get stale(): boolean {
    return this.#reconciler.stale
  }

  /** Data of the znode, or of the next one while it does not exist. */
  get data(): Data {
    return this.#reconciler.data
  }

  /**
   * Starts. May be called again.
   *
   * @returns when the znode exists: after one round trip if no znode is in the way and the parent exists.
   * @throws NO_AUTH; NOT_EMPTY: a znode of another owner with children is in the way; NO_CHILDREN_FOR_EPHEMERALS;
   *   UNIMPLEMENTED: the server does not have the mode; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED;
   *   SESSION_EXPIRED if the client does not renew its session. Then nothing is left running, and the znode is
   *   deleted in the background.
   */
  start(limits: Limits = {}): Promise<void> {
    return this.#reconciler.start(limits)
  }

  /**
   * Replaces the data, now and whenever the znode is created again. The new data stays, whatever ends the wait.
   *
   * @returns when the znode has this data, or newer data; at once before `start`.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED.
   */
  setData(data: Data, limits: Limits = {}): Promise<void> {
    return this.#reconciler.write(data, limits)
  }

  /** Events of the znode from this call on. Ends with `close`; throws when the client ends otherwise. */
  changes(options?: ChangesOptions): Changes<KeptNodeEvent> {
    return this.#events.listen(options)
  }

  /**
   * Ends it. The znode is deleted, unless its mode keeps it.
   *
   * @param limits end the wait, not the deletion, which goes on in the background.
   * @returns when the znode is gone, or the session and the znode with it.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH; NOT_EMPTY.
   */
  close(limits: Limits = {}): Promise<void> {
    return this.#reconciler.close(limits)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#reconciler.close()
  }
}

/** Refuses the root, which always exists. @throws ZooKeeperError BAD_ARGUMENTS. */
export function checkKept(recipe: string, path: string): void {
  refuse(recipe, path, () => {
    if (path === '/') throw badArgument('the root cannot be kept: choose another path')
  })
}

const MODES = ['ephemeral', 'persistent', 'ephemeral-sequential', 'persistent-sequential']

const OPTIONS = checks.optionTable("{ data: 'x' }", {
  mode: checks.oneOf(...MODES),
  data: SHARED.data,
  acl: SHARED.acl,
  parent: SHARED.parent,
  jitter: SHARED.jitter,
})

/**
 * Keeps a znode with its data in existence: it is created again when somebody deletes it, and in the next session
 * when its own has expired. `close` deletes it.
 *
 * Data that others write into an ephemeral is replaced by this one's; into others, it stays until the znode is created again. A znode of another session that is found at
 * the start, or after an expiry, is replaced in one transaction: mostly it was left by the same process before a
 * restart. So if several keep one path, the last one has it, and the others wait until it is gone.
 */
export class PersistentNode extends KeptNode {
  /**
   * @param path the znode. In the sequential modes the server appends a number, and the name also begins with `_c_`
   *   and a UUID; it stays the same whenever the znode is created again.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: PersistentNodeOptions = {}) {
    checkRecipe('PersistentNode', { zk, path, options, count: arguments.length }, OPTIONS)
    checkKept('PersistentNode', path)
    const { mode = 'ephemeral' } = options
    const { acl, data, jitter, parent } = resolveOptions(options)
    super(zk, path, { mode, acl, jitter, parent }, data)
  }
}

checkMethods(KeptNode, { start: takes(), setData: takes(data), changes: atOnce(takes()), close: takes() })
inspectAs(KeptNode, tellView)
