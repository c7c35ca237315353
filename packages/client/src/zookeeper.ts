import {
  type Environment,
  type RemovableWatch,
  removeWatches,
  type Secret,
  type ServerAddress,
  type Session,
  type SessionEvents,
  type SessionState,
} from '@zookit/connection'
import type { ClientInfo } from '@zookit/jute'
import { type ReadOptions, type RequestOptions, toSecret } from './arguments.ts'
import {
  type ConfigNode,
  type ReconfigOptions,
  type Reconfiguration,
  reconfigBody,
  toConfigNode,
} from './ensemble.ts'
import { type EnsurePathOptions, ensurePath } from './ensure-path.ts'
import type { WatchListener } from './events.ts'
import {
  copyOf,
  decodeReads,
  decodeWrites,
  encodeReads,
  encodeWrites,
  type MultiReadResults,
  type MultiResults,
  type ReadOperation,
  type WriteOperation,
} from './multi.ts'
import { NodeOperations } from './node-operations.ts'
import * as operations from './operations.ts'
import { resolveServers } from './options.ts'
import { CONFIG_PATH } from './path.ts'
import { type RequestSettings, Requests } from './requests.ts'
import { SessionInfo } from './session-info.ts'
import { Transaction } from './transaction.ts'
import type { CopyTreeOptions } from './tree.ts'
import type { TreeNode, TreeOptions, WalkOptions } from './walk.ts'
import { Watch, type WatchOptions } from './watch.ts'

/** What is done to whole trees is loaded when it is asked for: it is a third of what an import would take. */
const loadTrees = (): Promise<typeof import('./tree.ts')> => import('./tree.ts')

/** What removeWatches takes. */
export interface RemoveWatchesOptions extends Pick<RequestOptions, 'signal' | 'timeout'> {
  /** Only this listener's watch; by default all of the node's. */
  watch?: WatchListener | undefined
  /** Forget the watches here even if the server cannot be told. Default false. */
  local?: boolean | undefined
}

/** A ZooKeeper client: what `connect` resolves with. Make one for a process and share it. */
export class ZooKeeper extends NodeOperations implements AsyncDisposable {
  readonly #session: Session
  readonly #requests: Requests
  readonly #operations: operations.PathOperations

  /** @param session a session made by hand; usually `connect` makes one. */
  constructor(session: Session, settings: RequestSettings) {
    const requests = new Requests(session, settings)
    const pathOperations = operations.PathOperations.for(requests.chroot)
    super(requests, pathOperations)
    this.#session = session
    this.#requests = requests
    this.#operations = pathOperations
  }

  /** Where the session stands. */
  get state(): SessionState {
    return this.#session.state
  }

  /** The session's id and password, its negotiated timeout in milliseconds, and the server that is connected. */
  get session(): SessionInfo {
    return new SessionInfo(this.#session)
  }

  /** Where this client takes time, timers and chance from, for what is built on it. */
  get environment(): Environment {
    return this.#session.environment
  }

  /**
   * Adds a listener; the same one for the same event counts once.
   *
   * - `state` (state, previous): the session's state has changed. Whatever a listener does, it is the new one already.
   * - `attemptFailed` (error, server): an attempt to connect has failed; the next follows.
   * - `listenerError` (error): a listener or watch callback threw. Unheard, that is an uncaught exception.
   */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#session.on(name, listener)
    return this
  }

  /** Takes a listener off. */
  off<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#session.off(name, listener)
    return this
  }

  /**
   * Applies several writes as one: all of them or none. An empty list is fine.
   *
   * @param writes such as `[{ type: 'check', path: '/a', version: 1 }, { type: 'create', path: '/a/b' }]`.
   * @returns a tuple of what the operations answer: a path for `create`, `{ path, stat }` for
   *   `createWithStat` (`stat` is null before servers 3.7.2, 3.8.2 and 3.9.0), a Stat
   *   for `setData`, undefined for `delete` and `check`.
   * @throws MultiError: one operation failed, and none was applied; `index`, `type` and `path` say which, `code` why.
   */
  multi<const Writes extends readonly WriteOperation[]>(
    writes: Writes,
    options?: RequestOptions,
  ): Promise<MultiResults<Writes>> {
    try {
      const { chroot } = this.#requests
      const asked = copyOf(writes)
      const body = encodeWrites(chroot, asked)
      const sent = this.#requests.send(operations.multi, body, undefined, options)
      return sent.then(response => decodeWrites(chroot, asked, response))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** As `multi`, put together call by call: `zk.transaction().check('/a', 1).create('/a/b').commit()`. */
  transaction(): Transaction {
    return new Transaction((writes, options) => this.multi(writes, options))
  }

  /**
   * Reads several nodes with one request, as of one moment. Needs server 3.6.
   *
   * @param reads such as `[{ type: 'getData', path: '/a' }, { type: 'getChildren', path: '/b' }]`.
   * @returns a tuple: `{ data, stat }` for `getData`, `{ children }` for `getChildren`, or the `ZooKeeperError` of
   *   the one that failed, such as NO_NODE or NO_AUTH.
   */
  multiRead<const Reads extends readonly ReadOperation[]>(
    reads: Reads,
    options?: RequestOptions,
  ): Promise<MultiReadResults<Reads>> {
    try {
      const asked = copyOf(reads)
      const body = encodeReads(this.#requests.chroot, asked)
      const sent = this.#requests.send(operations.multiRead, body, undefined, options)
      return sent.then(response => decodeReads(asked, response))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Lists the identities that the server knows this connection by: `{ authScheme, user }`. Needs server 3.7. */
  whoAmI(options?: RequestOptions): Promise<ClientInfo[]> {
    try {
      return this.#requests.send(operations.whoAmI, null, undefined, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Reads the ensemble's configuration, `/zookeeper/config`, from within any chroot too. Needs server 3.5.
   *
   * @param options.watch is told once of the next reconfiguration.
   * @returns `{ members, version, stat }`; no members on a server that stands alone.
   * @throws NO_AUTH: no READ; MARSHALLING_ERROR: its text makes no sense.
   */
  getConfig(options?: ReadOptions): Promise<ConfigNode> {
    return this.#requests.read(operations.getData, CONFIG_PATH, options).then(toConfigNode)
  }

  /**
   * Changes the ensemble's members. Needs server 3.5, `reconfigEnabled`, and WRITE on `/zookeeper/config`.
   *
   * @param change `{ joining, leaving }` for some of the members, or `{ members }` for all.
   * @param options.fromConfig the version of the configuration that must be in force.
   * @returns the new configuration.
   * @throws RECONFIG_DISABLED; NO_AUTH; BAD_VERSION: not `fromConfig`; NEW_CONFIG_NO_QUORUM; RECONFIG_IN_PROGRESS;
   *   BAD_ARGUMENTS; UNIMPLEMENTED: the server stands alone.
   */
  reconfig(change: Reconfiguration, options?: ReconfigOptions): Promise<ConfigNode> {
    try {
      const body = reconfigBody(change, options?.fromConfig)
      return this.#requests.send(operations.reconfig, body, undefined, options).then(toConfigNode)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Presents an identity, now and on every later connection, ahead of all requests there.
   *
   * @param scheme such as `digest`.
   * @param auth such as `user:password`; a function is asked again at each connection.
   * @throws INSECURE_AUTH: a digest password would cross a network in clear text, and `allowInsecureAuth` is not set;
   *   AUTH_FAILED: the server refuses it, which ends the session.
   */
  addAuth(scheme: string, auth: string | Secret): Promise<void> {
    try {
      return this.#session.addAuth(scheme, toSecret(auth))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Takes watches off a node. Their listeners get a last event, `removed`; a `watch` iteration ends. The server is
   * told when nothing else here needs what it holds. Needs server 3.5.
   *
   * @param kind `data` (of getData and exists), `children`, `persistent`, `recursive`, or `any`, the default.
   * @param options.watch only this listener's; by default everybody's.
   * @param options.local forget them here even if the server cannot be told.
   * @throws NO_WATCHER: there are none.
   */
  removeWatches(
    path: string,
    kind: RemovableWatch = 'any',
    options: RemoveWatchesOptions = {},
  ): Promise<void> {
    try {
      const { watch, local } = options
      const watcher = watch === undefined ? undefined : this.#requests.watcher(watch)
      const limits = this.#requests.limits(options)
      const serverPath = this.#requests.resolve(path)
      return removeWatches(this.#session, serverPath, kind, path, { ...limits, watcher, local })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Replaces the list of servers. So that the load stays even, some clients move to another server
   * (ZOOKEEPER-1355), with the same session and after the answers that they are owed.
   *
   * @param servers a connect string, whose chroot must be this client's if it has one, or a list.
   * @throws BAD_ARGUMENTS, at once.
   */
  updateServers(servers: string | readonly ServerAddress[]): void {
    this.#session.updateServers(resolveServers(servers, this.#requests.chroot.path))
  }

  /**
   * Watches a node for good: `for await (const event of zk.watch('/app', { recursive: true }))`. Needs server 3.6.
   *
   * The watch is asked for at once, ahead of every later request, so read what is to be known after this call. Events
   * are `created`, `deleted`, `changed`, `children` (the last not with `recursive`), and `resync` wherever changes may
   * have gone unseen: after a lost connection, an expired session, or when more than `buffer` events wait.
   *
   * @param options.recursive whether all nodes below are watched too.
   * @param options.signal ends it with ABORTED.
   * @param options.buffer how many events may wait. Default 1024.
   */
  watch(path: string, options?: WatchOptions): Watch {
    return new Watch(this.#requests, path, options)
  }

  /**
   * Creates what is missing of a path: the nodes on the way, the node itself, and those of the chroot. Nodes that are
   * there are left as they are.
   *
   * @param options.acl for the new nodes. Default `openAcl`.
   * @param options.mode `persistent`, the default, or `container`.
   * @throws NO_AUTH; NO_CHILDREN_FOR_EPHEMERALS; NO_NODE: somebody deletes them at the same time.
   */
  ensurePath(path: string, options?: EnsurePathOptions): Promise<void> {
    return ensurePath(this.#requests, this.#operations, path, options)
  }

  /**
   * Visits a node and all below it, depth first and children in the order of their names. What is not as of one
   * moment: each node is listed when its turn comes near, and one that has gone by then is left out.
   *
   * @param options.order `pre`, the default, or `post`.
   * @param options.concurrency how many listings are under way at a time. Default 32.
   * @returns an async iterator of `{ path, stat }`.
   * @throws NO_NODE: there is no such node; NO_AUTH: one of them must not be read.
   */
  async *walk(path: string, options?: WalkOptions): AsyncGenerator<TreeNode, void, undefined> {
    const { walk } = await loadTrees()
    yield* walk(this, path, options)
  }

  /**
   * Deletes a node and all below it, children first. Not as one: when it fails, a part is gone.
   *
   * @param path not the root.
   * @param options.concurrency how many requests of a kind are under way at a time. Default 32.
   * @returns how many nodes it has deleted; 0 if there was none.
   * @throws NOT_EMPTY: somebody creates nodes there at the same time; NO_AUTH.
   */
  async removeTree(path: string, options?: TreeOptions): Promise<number> {
    const { removeTree } = await loadTrees()
    return removeTree(this, path, options)
  }

  /**
   * Copies a node and all below it, data and ACLs, parents first. Ephemeral nodes are left out; the copies are
   * persistent. Not as one: when it fails, a part is there.
   *
   * @param to where the copy of `from` itself goes: its parent must be there, and it must not.
   * @param options.acl for all copies. Default: as with the originals.
   * @param options.concurrency how many requests of a kind are under way at a time. Default 32.
   * @returns how many nodes it has created.
   * @throws NO_NODE: no `from`, or no parent of `to`; NODE_EXISTS: `to` is there; NO_AUTH: also where ADMIN is needed
   *   to see an ACL whole.
   */
  async copyTree(from: string, to: string, options?: CopyTreeOptions): Promise<number> {
    const { copyTree } = await loadTrees()
    return copyTree(this, from, to, options)
  }

  /**
   * Ends the session: no more requests are taken, those that were made are answered, and then the server removes the
   * session's ephemerals at once. Without a connection there is nobody to tell: the server's session lives on until
   * its timeout. Takes no longer than `closeTimeout`; never rejects; may be called again.
   *
   * @param options.keepSession leaves the session open at the server, for another client to take over.
   */
  close(options: { keepSession?: boolean } = {}): Promise<void> {
    return this.#session.close(options)
  }

  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
