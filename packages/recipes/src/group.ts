import { type ACL, type Data, joinPath, validatePath, type ZooKeeper } from '@zookit/client'
import { ChildrenCache } from './cache/children-cache.ts'
import { Broadcast, type Changes, type ChangesOptions } from './core/broadcast.ts'
import type { ParentMode } from './core/creation.ts'
import type { Limits } from './core/deadline.ts'
import { uuid } from './core/names.ts'
import { type ResolvedOptions, resolveOptions } from './core/options.ts'
import { type KeptNodeEvent, Reconciler } from './core/reconciler.ts'

/** What a group is made with. */
export interface GroupOptions {
  /** What is in the node of a member that brings no data of its own. Default null. */
  data?: Data | undefined
  /** Who may do what with the nodes that are made. Needs READ. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** What is made where the group's node is missing. Default `container`; `persistent` on servers before 3.5.1. */
  parent?: ParentMode | undefined
  /** After a lost connection, requests are spread over so many milliseconds. Default 100. */
  jitter?: number | undefined
}

/** What joining takes. */
export interface JoinOptions extends Limits {
  /** The name of the member's node. Default: a UUID. */
  name?: string | undefined
  /** What others read in the member's node. Default: the group's `data`. */
  data?: Data | undefined
}

/** A place in a group, until it is left. It outlives the session: the member joins again in the next one. */
export class Membership implements AsyncDisposable {
  readonly name: string
  /** The member's node. */
  readonly path: string
  readonly #events: Broadcast<KeptNodeEvent>
  readonly #reconciler: Reconciler

  constructor(zk: ZooKeeper, path: string, name: string, settings: ResolvedOptions, data: Data) {
    this.name = name
    this.path = path
    const { acl, jitter, parent } = settings
    this.#events = new Broadcast<KeptNodeEvent>(path, () => ({ type: 'resync' }))
    this.#reconciler = new Reconciler(
      zk,
      path,
      { mode: 'ephemeral', acl, jitter, parent },
      data,
      this.#events,
    )
  }

  /** Whether the others certainly count this member in, now. False without a connection, and until it has joined again. */
  get held(): boolean {
    return this.#reconciler.held
  }

  /** The czxid of the member's node: another one, and greater, each time it has joined again. Null while it is not there. */
  get token(): bigint | null {
    return this.#reconciler.own?.czxid ?? null
  }

  /** What others read in the member's node. */
  get data(): Data {
    return this.#reconciler.data
  }

  /**
   * What happens to the membership, from this call on: `lost` when the session expires or somebody deletes the node,
   * `created` when the member has joined again. Ends when it is left.
   */
  changes(options?: ChangesOptions): Changes<KeptNodeEvent> {
    return this.#events.listen(options)
  }

  /**
   * Replaces the data. It stands, whatever ends the wait.
   *
   * @returns when the others can read it.
   * @throws ABORTED; REQUEST_TIMEOUT; CLOSED.
   */
  setData(data: Data, limits: Limits = {}): Promise<void> {
    return this.#reconciler.write(data, limits)
  }

  /**
   * Leaves the group.
   *
   * @param limits end the wait, not the leaving, which goes on in the background until the node is gone.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: the node must not be deleted.
   */
  leave(limits: Limits = {}): Promise<void> {
    return this.#reconciler.close(limits, 'leave')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  /** Not for users: `Group.join` does it. */
  static async join(membership: Membership, limits: Limits): Promise<Membership> {
    await membership.#reconciler.start(limits, 'join')
    return membership
  }
}

/**
 * Who is there: each member has an ephemeral node under the group's. A member that dies is gone after its session
 * timeout, one that leaves at once.
 */
export class Group {
  readonly path: string
  /** The members, as a live list by name: `start` it to follow them, `close` it when done. Taking part needs none of it. */
  readonly members: ChildrenCache
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions

  /**
   * @param path the node that the members' nodes go under.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: GroupOptions = {}) {
    validatePath(path)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options, path)
    this.members = new ChildrenCache(zk, path, { jitter: this.#options.jitter })
  }

  /**
   * Joins the group: one round trip, if its node is there. A node of the name that another session has left, mostly that
   * of the same process before it was restarted, is taken over without a gap; of two who use the same name at a time,
   * the last to come has it.
   *
   * @returns the membership: `leave` it, or say `await using`.
   * @throws BAD_ARGUMENTS; NO_AUTH; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED: the client does not
   *   renew its session. No node is left behind then.
   */
  async join(options: JoinOptions = {}): Promise<Membership> {
    const { name = uuid(() => this.#zk.environment.random()), data = this.#options.data } = options
    const path = joinPath(this.path, name)
    return Membership.join(new Membership(this.#zk, path, name, this.#options, data), options)
  }
}
