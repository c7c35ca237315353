import { type ACL, checks, type Data, inspectAs, joinPath, type ZooKeeper } from '@zookit/client'
import { ChildrenCache } from './cache/children-cache.ts'
import { callOptions, checkCall, checkRecipe, SHARED } from './core/arguments.ts'
import { Broadcast, type Changes, type ChangesOptions } from './core/broadcast.ts'
import { atOnce, checkMethods, data, takes } from './core/checked-methods.ts'
import type { ParentMode } from './core/creation.ts'
import type { Limits } from './core/deadline.ts'
import type { KeptNodeEvent } from './core/kept-node-event.ts'
import { uuid } from './core/names.ts'
import { type ResolvedOptions, resolveOptions } from './core/options.ts'
import { Reconciler } from './core/reconciler.ts'
import { tellHandle, tellPath } from './core/tell.ts'

/** Options of a Group. */
export interface GroupOptions {
  /** Data of a member that joins without data of its own. Default null. */
  data?: Data | undefined
  /** ACL of the znodes that are created. It must allow READ. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /**
   * Kind of znode to create if the group's znode is missing. Default `container`; `persistent` on servers before
   * 3.5.1.
   */
  parent?: ParentMode | undefined
  /** Milliseconds: after a lost connection, requests are spread over this time at random. Default 100. */
  jitter?: number | undefined
}

/** Options of `join`. */
export interface JoinOptions extends Limits {
  /** Name of the member's znode. Default: a UUID with the marker of kazoo's `Party`, which then counts the member too. */
  name?: string | undefined
  /** Data of the member's znode, which others can read. Default: the group's `data`. */
  data?: Data | undefined
}

/**
 * Membership in a group, until the member leaves. It outlives the session: the member joins again in the next one.
 */
export class Membership implements AsyncDisposable {
  readonly name: string
  /** Path of the member's znode. */
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

  /**
   * True if the others certainly count this member in now. False without a connection, and until it has joined again.
   */
  get held(): boolean {
    return this.#reconciler.held
  }

  /** Czxid of the member's znode: it grows each time the member joins again. Null while the znode does not exist. */
  get token(): bigint | null {
    return this.#reconciler.own?.czxid ?? null
  }

  /** Data of the member's znode. */
  get data(): Data {
    return this.#reconciler.data
  }

  /**
   * Events of the membership from this call on: `lost` when the session expires or somebody deletes the znode,
   * `created` when the member has joined again. Ends when the member leaves.
   */
  changes(options?: ChangesOptions): Changes<KeptNodeEvent> {
    return this.#events.listen(options)
  }

  /**
   * Replaces the data. The new data stays, whatever ends the wait.
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
   * @param limits end the wait, not the leaving, which goes on in the background until the znode is gone.
   * @throws ABORTED; REQUEST_TIMEOUT; NO_AUTH: the znode must not be deleted.
   */
  leave(limits: Limits = {}): Promise<void> {
    return this.#reconciler.close(limits, 'leave')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  /** Joins. `Group.join` calls it. @internal */
  static async join(membership: Membership, limits: Limits): Promise<Membership> {
    await membership.#reconciler.start(limits, 'join')
    return membership
  }
}

/** The marker of kazoo's `Party`: it leaves out the names without it. */
const PARTY = '__party__'

const JOIN = callOptions("{ name: 'me' }", { name: checks.text, data: SHARED.data })

const OPTIONS = checks.optionTable('{ jitter: 100 }', {
  data: SHARED.data,
  acl: SHARED.acl,
  parent: SHARED.parent,
  jitter: SHARED.jitter,
})

/**
 * Shows who is present: each member has an ephemeral znode under the group's znode. A member that dies is gone after
 * its session timeout, a member that leaves is gone at once.
 */
export class Group {
  readonly path: string
  /** Live list of the members by name: `start` it to follow them, `close` it when done. Joining does not need it. */
  readonly members: ChildrenCache
  readonly #zk: ZooKeeper
  readonly #options: ResolvedOptions

  /**
   * @param path parent of the members' znodes.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, path: string, options: GroupOptions = {}) {
    checkRecipe('Group', { zk, path, options, count: arguments.length }, OPTIONS)
    this.path = path
    this.#zk = zk
    this.#options = resolveOptions(options)
    this.members = new ChildrenCache(zk, path, { jitter: this.#options.jitter })
  }

  /**
   * Joins the group. Takes one round trip if the group's znode exists. A znode of the same name that another session
   * left, mostly that of the same process before a restart, is taken over without a gap. If two use one name at the
   * same time, the last one to join has it.
   *
   * @returns the membership. Call `leave`, or use `await using`.
   * @throws BAD_ARGUMENTS; NO_AUTH; ABORTED; REQUEST_TIMEOUT; CLOSED; AUTH_FAILED; SESSION_EXPIRED if the client does
   *   not renew its session. No znode stays behind then.
   */
  async join(options: JoinOptions = {}): Promise<Membership> {
    checkCall({ operation: 'join', path: this.path }, options, JOIN)
    const { name = this.#newName(), data = this.#options.data, ...limits } = options
    const path = joinPath(this.path, name)
    return Membership.join(new Membership(this.#zk, path, name, this.#options, data), limits)
  }

  #newName(): string {
    return `${uuid(() => this.#zk.environment.random())}${PARTY}`
  }
}

checkMethods(Membership, { changes: atOnce(takes()), setData: takes(data), leave: takes() })
checkMethods(Group, { join: takes() })
inspectAs(Group, tellPath)
inspectAs(Membership, tellHandle)
