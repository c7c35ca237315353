import type {
  Environment,
  RemovableWatch,
  Secret,
  ServerAddress,
  Session,
  SessionEvents,
  SessionHealth,
  SessionState,
} from '@zookit/connection'
import { describeSession, inspectAs } from '@zookit/connection'
import type { ClientInfo } from '@zookit/jute'
import type { ReadOptions, RequestOptions } from './arguments.ts'
import { BulkOperations } from './bulk/bulk-operations.ts'
import { checkOptions, flag, optionTable } from './checks.ts'
import { addAuth, removeAuth } from './credentials.ts'
import {
  type ConfigNode,
  getConfig,
  type ReconfigOptions,
  type Reconfiguration,
  reconfig,
} from './ensemble.ts'
import { type EnsurePathOptions, ensurePath } from './ensure-path.ts'
import { refused, surplus, tooMany, withSubject } from './invalid-argument.ts'
import {
  type MultiReadResults,
  type MultiResults,
  type ReadOperation,
  sendReads,
  sendWrites,
  type WriteOperation,
} from './multi.ts'
import { resolveServers } from './options.ts'
import { PulledEvents } from './pulled-events.ts'
import { readTreeOf } from './read-tree.ts'
import { type RemoveWatchesOptions, removeWatches } from './remove-watches.ts'
import { checkClient, type RequestSettings, Requests } from './requests.ts'
import { SessionInfo } from './session-info.ts'
import { Transaction } from './transaction.ts'
import { type CopyTreeOptions, copyTree, removeTree } from './tree.ts'
import { type DataNode, type TreeNode, type TreeOptions, type WalkOptions, walk } from './walk.ts'
import { Watch, type WatchOptions } from './watch.ts'
import { requests, ZnodeOperations } from './znode-operations.ts'

const CLOSE_OPTIONS = optionTable('{ keepSession: true }', { keepSession: flag })

/**
 * Gives a class the methods of another one. They are the same functions, so a call costs no more than that of an own method.
 */
function compose(target: { prototype: object }, source: { prototype: object }): void {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(source.prototype)
  Object.defineProperties(target.prototype, methods)
}

/** The methods that `compose` gives the class: all of both. */
export interface ZooKeeper extends ZnodeOperations, BulkOperations {}

/**
 * A ZooKeeper client, as `connect` makes it. One client for a process, shared, is enough.
 *
 * The methods for one znode each are documented in `ZnodeOperations`, with the facts that hold for every request; those for
 * many znodes in `BulkOperations`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `compose` gives the class every method of both.
export class ZooKeeper implements AsyncDisposable {
  static {
    compose(ZooKeeper, ZnodeOperations)
    compose(ZooKeeper, BulkOperations)
    inspectAs(ZooKeeper, zk => {
      const { path } = zk[requests].chroot
      return `${describeSession(zk.#session)}${path && `, chroot ${path}`}`
    })
  }

  /** The client's requests. @internal */
  declare readonly [requests]: Requests
  readonly #session: Session

  /**
   * @param session a session; usually `connect` makes it.
   * @throws BAD_ARGUMENTS.
   */
  constructor(session: Session, settings: RequestSettings) {
    checkClient(session, settings, arguments.length)
    this.#session = session
    this[requests] = new Requests(session, settings)
  }

  /** The session's state. */
  get state(): SessionState {
    return this.#session.state
  }

  /** The session's id; 0n until a server has created the session. Takes less time than `session.id`, which copies all of it. */
  get sessionId(): bigint {
    return this.#session.id
  }

  /** The session's id and password, its negotiated timeout in milliseconds, and the connected server. */
  get session(): SessionInfo {
    return new SessionInfo(this.#session)
  }

  /** True if the session certainly lives now: it is connected, and no server can have expired it. */
  get certain(): boolean {
    return this.#session.certain
  }

  /** The number of requests that are not answered yet. */
  get outstanding(): number {
    return this.#session.outstanding
  }

  /**
   * Waits until the client is connected; `connect` has done so the first time.
   *
   * @throws CLOSED; AUTH_FAILED; SESSION_EXPIRED: the session has ended and is not renewed.
   */
  ready(): Promise<void> {
    return arguments.length > 0 ? surplus('ready', 0) : this.#session.ready()
  }

  /**
   * Returns the state, the server, the newest error, the signs of life and the queue as a plain object that JSON keeps,
   * for health checks. It asks no server.
   */
  health(): SessionHealth {
    if (arguments.length > 0) throw withSubject(tooMany(0), 'health')
    return this.#session.health()
  }

  /** The source of time, timers and random numbers of this client, for what is built on it. */
  get environment(): Environment {
    return this.#session.environment
  }

  /**
   * Adds a listener. The same listener for the same event is called once.
   *
   * - `state` (state, previous): the session's state has changed. `state` is the new state already, for everything
   *   that a listener calls.
   * - `attemptFailed` (error, server): an attempt to connect has failed. The session goes on with the next one.
   * - `closing` (): `close` was called. Nothing about the session is certain any more; the state `closed` follows.
   * - `listenerError` (error): a listener or a watch callback threw. Without a listener for this event, such an error
   *   is an uncaught exception.
   */
  on<Name extends keyof SessionEvents>(...args: [name: Name, listener: SessionEvents[Name]]): this {
    this.#session.on(...args)
    return this
  }

  /** Removes a listener. */
  off<Name extends keyof SessionEvents>(...args: [name: Name, listener: SessionEvents[Name]]): this {
    this.#session.off(...args)
    return this
  }

  /**
   * Applies several writes as one: all of them or none. An empty list is valid.
   *
   * @param writes such as `[{ type: 'check', path: '/a', version: 1 }, { type: 'create', path: '/a/b' }]`.
   * @returns a tuple with one result for each write: a path for `create`, `{ path, stat }` for `createWithStat`
   *   (`stat` is null before servers 3.7.2, 3.8.2 and 3.9.0), a Stat for `setData`, undefined for `delete` and `check`.
   * @throws MultiError: one write failed, and none was applied; `index`, `type` and `path` say which, `code` says why.
   */
  multi<const Writes extends readonly WriteOperation[]>(
    writes: Writes,
    options?: RequestOptions,
  ): Promise<MultiResults<Writes>> {
    if (arguments.length > 2) return surplus('multi', 2)
    return sendWrites(this[requests], writes, options)
  }

  /** Begins a `multi` that is built call by call: `zk.transaction().check('/a', 1).create('/a/b').commit()`. */
  transaction(): Transaction {
    if (arguments.length > 0) throw withSubject(tooMany(0), 'transaction')
    return new Transaction((writes, options) => this.multi(writes, options))
  }

  /**
   * Reads several znodes with one request, all at one point in the server's history. Needs server 3.6.
   *
   * @param reads such as `[{ type: 'getData', path: '/a' }, { type: 'getChildren', path: '/b' }]`.
   * @returns a tuple with one result for each read: `{ data, stat }` for `getData`, `{ children }` for `getChildren`,
   *   or the `ZooKeeperError` of a read that failed, such as NO_NODE or NO_AUTH.
   */
  multiRead<const Reads extends readonly ReadOperation[]>(
    reads: Reads,
    options?: RequestOptions,
  ): Promise<MultiReadResults<Reads>> {
    if (arguments.length > 2) return surplus('multiRead', 2)
    return sendReads(this[requests], reads, options)
  }

  /** Lists the identities that the server has for this connection: `{ authScheme, user }`. Needs server 3.7. */
  whoAmI(options?: RequestOptions): Promise<ClientInfo[]> {
    if (arguments.length > 1) return surplus('whoAmI', 1)
    return this[requests].askAll(this[requests].operations.whoAmI, options)
  }

  /**
   * Reads the ensemble's configuration, `/zookeeper/config`, under a chroot too. Needs server 3.5.
   *
   * @param options.watch a listener that is called once, for the next reconfiguration.
   * @returns `{ members, version, stat }`; a standalone server has no members.
   * @throws NO_AUTH: no READ; MARSHALLING_ERROR: the znode's text is malformed.
   */
  getConfig(options?: ReadOptions): Promise<ConfigNode> {
    return arguments.length > 1 ? surplus('getConfig', 1) : getConfig(this[requests], options)
  }

  /**
   * Changes the ensemble's members. Needs server 3.5, `reconfigEnabled`, and WRITE on `/zookeeper/config`.
   *
   * @param change `{ joining, leaving }` for some of the members, or `{ members }` for all.
   * @param options.fromConfig the version that the current configuration must have.
   * @returns the new configuration.
   * @throws RECONFIG_DISABLED; NO_AUTH; BAD_VERSION: the version is not `fromConfig`; NEW_CONFIG_NO_QUORUM;
   *   RECONFIG_IN_PROGRESS; BAD_ARGUMENTS; UNIMPLEMENTED: the server is standalone.
   */
  reconfig(change: Reconfiguration, options?: ReconfigOptions): Promise<ConfigNode> {
    return arguments.length > 2 ? surplus('reconfig', 2) : reconfig(this[requests], change, options)
  }

  /**
   * Presents an identity on this connection and on every later one, before all requests there. The same one counts once.
   *
   * @param credential the scheme, such as `digest`, and the secret, such as `user:password`; a function is called for each connection.
   * @throws INSECURE_AUTH: a secret would cross a network in clear text, and `allowInsecureAuth` is not set;
   *   AUTH_FAILED: the server refuses the identity, and the session ends.
   */
  addAuth(...credential: [scheme: string, auth: Secret]): Promise<void> {
    return addAuth(this.#session, ...credential)
  }

  /**
   * Takes an identity off: later connections do not present it. The present one keeps it, for the protocol cannot take it back.
   *
   * @param credential the scheme and the secret, as given to `addAuth`; without a secret, every identity of the scheme is taken off.
   * @returns true if there was such an identity.
   * @throws BAD_ARGUMENTS, synchronously.
   */
  removeAuth(...credential: [scheme: string, auth?: Secret]): boolean {
    return removeAuth(this.#session, ...credential)
  }

  /**
   * Removes watches from a znode. Their listeners get a last event, `removed`, and a `watch` iteration ends. The
   * server is told unless another watch of this client needs what the server holds. Needs server 3.5.
   *
   * @param kind `data` (of getData and exists), `children`, `persistent`, `recursive`, or `any`, the default.
   * @param options.watch removes this listener's watch only. Default: all watches of the znode.
   * @param options.local removes the watches from this client even if the server cannot be told.
   * @throws NO_WATCHER: there is no such watch.
   */
  removeWatches(path: string, kind?: RemovableWatch, options?: RemoveWatchesOptions): Promise<void> {
    if (arguments.length > 3) return surplus('removeWatches', 3, path)
    return removeWatches(this[requests], path, kind, options)
  }

  /**
   * Replaces the list of servers. Some clients then move to another server, so that the load stays even
   * (ZOOKEEPER-1355). They keep their session, and they move after the replies to their requests in flight.
   *
   * @param servers a list, or a connect string; its chroot, if it has one, must be this client's.
   * @throws BAD_ARGUMENTS, synchronously.
   */
  updateServers(servers: string | readonly ServerAddress[]): void {
    try {
      if (arguments.length > 1) throw tooMany(1)
      this.#session.updateServers(resolveServers(servers, this[requests].chroot.path))
    } catch (error) {
      throw withSubject(error, 'updateServers')
    }
  }

  /**
   * Watches a znode until it is told to stop: `for await (const event of zk.watch('/app', { recursive: true }))`.
   * Needs server 3.6.
   *
   * The watch is requested at once, before every later request. So every change after a read that follows this call
   * has its event. Events are `created`, `deleted`, `changed`, `children` (not with `recursive`), and `resync`
   * wherever changes may have been missed: after a lost connection, after an expired session, or when more than
   * `buffer` events wait.
   *
   * @param options.recursive true also watches all znodes below. Default false.
   * @param options.signal ends the watch with ABORTED.
   * @param options.buffer the number of events that may wait. Default 1024.
   */
  watch(path: string, options?: WatchOptions): Watch {
    return new Watch(this[requests], path, options, arguments.length > 2 ? tooMany(2) : undefined)
  }

  /**
   * Creates a znode and every parent that does not exist yet, the chroot's own znodes too. Leaves existing znodes as
   * they are.
   *
   * @param options.acl the ACL of the new znodes. Default `openAcl`.
   * @param options.mode `persistent`, the default, or `container`.
   * @throws NO_AUTH; NO_CHILDREN_FOR_EPHEMERALS; NO_NODE: another client deletes the znodes at the same time.
   */
  ensurePath(path: string, options?: EnsurePathOptions): Promise<void> {
    if (arguments.length > 2) return surplus('ensurePath', 2, path)
    return ensurePath(this[requests], path, options)
  }

  /**
   * Visits a znode and all below it, depth first, children in the order of their names. The visit is not a snapshot:
   * each znode is read shortly before its turn, and a znode that was deleted by then is left out.
   *
   * Up to 128 znodes are read with one multiRead, once there are 32 to read and the server says by `srvr` that it has it (3.6).
   * Data that are long, to judge by the siblings, are not read where nobody wants them. Every other znode takes a request of its own.
   *
   * @param options.order `pre`, the default, or `post`.
   * @param options.data true reads the data, too.
   * @param options.maxDepth the number of levels below the root that are visited. Default Infinity.
   * @param options.concurrency the number of znodes that are read before their turn. Default 1024. There are fewer where znodes
   *   are large or have many children: about 4 MiB are held at each level of the tree, but at least 32 znodes; on servers without
   *   multiRead more where data are much longer than those of the siblings before.
   * @returns an async iterator of `{ path, stat }`, and `data` on request. `return` ends it at once, also while a `next` is pending.
   * @throws NO_NODE: the root of the walk does not exist; NO_AUTH: no READ on one of the znodes.
   */
  walk(path: string, options: WalkOptions & { data: true }): PulledEvents<DataNode>
  walk(path: string, options?: WalkOptions): PulledEvents<TreeNode>
  walk(path: string, options?: WalkOptions): PulledEvents<TreeNode> {
    const hasSurplus = arguments.length > 2
    return new PulledEvents(undefined, left => {
      if (hasSurplus) throw withSubject(tooMany(2), 'walk', path)
      return walk(readTreeOf(this, this[requests]), path, options, left)
    })
  }

  /**
   * Deletes a znode and all below it, children first, up to 128 with one request. Not atomic: a failure leaves a part deleted.
   *
   * @param path any path but the root.
   * @param options.concurrency the number of deletions in flight, default 32, and that of znodes read ahead, as in `walk`.
   * @returns the number of deleted znodes; 0 if the znode does not exist.
   * @throws NOT_EMPTY: another client creates znodes there at the same time; NO_AUTH.
   */
  async removeTree(path: string, options?: TreeOptions): Promise<number> {
    if (arguments.length > 2) return surplus('removeTree', 2, path)
    return removeTree(this, readTreeOf(this, this[requests]), path, options)
  }

  /**
   * Copies a znode and all below it with data and ACLs, parents first. Ephemeral znodes are left out; the copies are
   * persistent. Not atomic: a failure leaves a part copied. A copy with znodes below it whose ACL does not let everybody create
   * gets its ACL at the end: until then this session's identities have cdra besides, or its address where it has none.
   *
   * @param to the path of the copy of `from`. Its parent must exist, and `to` itself must not.
   * @param options.acl the ACL of all copies. Default: that of each original.
   * @param options.onInterim hears of each copy whose ACL comes last.
   * @param options.concurrency the number of writes in flight, default 32, and that of znodes read ahead, as in `walk`.
   * @returns the number of created znodes.
   * @throws NO_NODE: `from`, or the parent of `to`, does not exist; NODE_EXISTS: `to` exists; NO_AUTH, also where
   *   the whole ACL of an original is shown to ADMIN only.
   */
  async copyTree(from: string, to: string, options?: CopyTreeOptions): Promise<number> {
    if (arguments.length > 3) return surplus('copyTree', 3, from)
    return copyTree(this, readTreeOf(this, this[requests]), from, to, options)
  }

  /**
   * Ends the session. It accepts no more requests, waits for the replies to earlier ones, and the server then removes
   * the session's ephemerals at once. Without a connection each server has one more turn. If none takes the
   * session, none can be told, and the session lives until its timeout. Takes `closeTimeout` at most, and may be called
   * again.
   *
   * @param options.keepSession true leaves the session open at the server, for another client to take over.
   * @throws BAD_ARGUMENTS; nothing else.
   */
  close(options: { keepSession?: boolean | undefined } = {}): Promise<void> {
    try {
      if (arguments.length > 1) throw tooMany(1)
      checkOptions(options, CLOSE_OPTIONS)
      return this.#session.close({ keepSession: options.keepSession ?? false })
    } catch (error) {
      return refused(error, 'close')
    }
  }

  /** Calls `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
