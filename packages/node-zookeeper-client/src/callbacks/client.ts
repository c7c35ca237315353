import assert from 'node:assert'
import { EventEmitter } from 'node:events'
import { nodeEnvironment, type ZooKeeper } from '@zookit/client'
import { type AclEntry, fromZookit, toZookit } from '../values/acl.ts'
import { modeName } from '../values/create-mode.ts'
import { Exception } from '../values/exception.ts'
import { toStat, type ZookitStat } from '../values/stat.ts'
import { State } from '../values/state.ts'
import {
  type CreateArgument,
  callbackAmong,
  checkCallback,
  checkVersion,
  copyOf,
  sortArguments,
} from './arguments.ts'
import { ConnectionManager, ConnectionState, type Request } from './connection-manager.ts'
import { ConnectionStringParser } from './connection-string.ts'
import { makeEnumerable } from './enumerable.ts'
import { type Option, type Options, resolveOptions } from './options.ts'
import { validate } from './path.ts'
import type {
  AclCallback,
  ChildrenCallback,
  DataCallback,
  ErrorCallback,
  PathCallback,
  PathsCallback,
  StatCallback,
} from './signatures.ts'
import { Transaction } from './transaction.ts'
import { listSubTreeBFS, mkdirp, removeRecursive } from './trees.ts'
import type { Watcher } from './watcher-manager.ts'

/** The arguments after the fixed ones: an optional one, then the callback. */
type Rest<Optional, Callback> = [Callback] | [Optional, Callback]

/** The arguments of `create` and `mkdirp` after the path. */
type CreateRest =
  | [PathCallback]
  | [CreateArgument, PathCallback]
  | [CreateArgument, CreateArgument, PathCallback]
  | [CreateArgument, CreateArgument, CreateArgument, PathCallback]

const EVENTS: ReadonlyMap<State, string> = new Map([
  [State.DISCONNECTED, 'disconnected'],
  [State.SYNC_CONNECTED, 'connected'],
  [State.CONNECTED_READ_ONLY, 'connectedReadOnly'],
  [State.EXPIRED, 'expired'],
  [State.AUTH_FAILED, 'authenticationFailed'],
])

/** The states of the connection that a client tells. */
const STATES: Readonly<Record<number, State>> = {
  [ConnectionState.disconnected]: State.DISCONNECTED,
  [ConnectionState.connected]: State.SYNC_CONNECTED,
  [ConnectionState.connectedReadOnly]: State.CONNECTED_READ_ONLY,
  [ConnectionState.expired]: State.EXPIRED,
  [ConnectionState.authFailed]: State.AUTH_FAILED,
}

/** Takes arguments apart: without the optional one, the first is the callback. */
function withDefault<Optional, Callback>(
  [first, second]: Rest<Optional, Callback>,
  absent: Optional,
): [Optional, Callback] {
  return second ? [first as Optional, second] : [absent, first as Callback]
}

/** Sorts the arguments of a read. */
function watching<Callback>(
  { connectionManager: { watcherManager, onWatch } }: Client,
  path: string,
  rest: Rest<Watcher, Callback>,
) {
  const [watcher, callback] = withDefault<Watcher | undefined, Callback>(rest, undefined)
  validate(path)
  checkCallback(callback)
  assert(!watcher || typeof watcher === 'function', 'the watcher must be a function')
  return { callback, watcher, watcherManager, options: watcher ? { watch: onWatch } : undefined }
}

/** Tells whether a request is made before its method returns, and once: it does not wait for `connect`. */
function isMadeNow({ options: { retries }, connectionManager: { zookit } }: Client): boolean {
  return zookit !== null && retries === 0
}

/** Makes a request, again after a lost connection as often as the option `retries` says. */
function request<Result>(
  { options: { retries }, connectionManager }: Client,
  callback: (error: Exception | null, ...results: never[]) => void,
  { send, done }: Pick<Request<Result>, 'send' | 'done'>,
): void {
  assert(typeof retries === 'number' && retries >= 0, 'the option retries must be a whole number from 0')
  if (retries === 0) return connectionManager.run({ send, done, failed: callback })
  const attempt = (earlier: number): void => {
    const failed = (error: Exception): void => {
      if (error.code !== Exception.CONNECTION_LOSS || earlier >= retries) return callback(error)
      const pause = Math.min(1000 * 2 ** earlier, connectionManager.getSessionTimeout())
      nodeEnvironment.setTimer(() => attempt(earlier + 1), pause)
    }
    connectionManager.run({ send, done, failed })
  }
  attempt(0)
}

/**
 * A ZooKeeper client with callbacks.
 *
 * Callbacks and watchers are called in the server's order. A method throws an AssertionError for an invalid argument;
 * every other failure is the `Exception` that the callback gets. Nothing in it is private to the language: programs put
 * proxies and derived objects in its place, and copy its methods.
 */
export class Client extends EventEmitter {
  static {
    makeEnumerable(Client)
  }

  /** The options, with the defaults. */
  readonly options: Options
  /** The state: see `getState`. */
  state: State = State.DISCONNECTED
  /** The session behind this client. Programs look at its `state`. */
  readonly connectionManager: ConnectionManager

  /** @throws AssertionError. */
  constructor(connectionString: string, options?: Partial<Option>) {
    super()
    this.options = resolveOptions(options)
    const servers = new ConnectionStringParser(connectionString)
    this.connectionManager = new ConnectionManager(servers, this.options)
    this.connectionManager.on('state', (number: number) => {
      const state = STATES[number]
      if (state === undefined || this.state === state) return
      this.state = state
      this.emit('state', state)
    })
    this.on('state', (state: State) => this.emit(EVENTS.get(state)!))
  }

  /** The client of `@zookit/client` behind this one. @throws Error before `connect` is called. */
  get zookit(): ZooKeeper {
    const { zookit } = this.connectionManager
    if (zookit === null) throw new Error('client.zookit does not exist before client.connect() is called')
    return zookit
  }

  /** Begins to connect. Requests may be made before and meanwhile: they wait. */
  connect(): void {
    this.connectionManager.connect()
  }

  /** Ends the session, after the replies to the requests that were made before. */
  close(): void {
    this.connectionManager.close()
  }

  getState(): State {
    return this.state
  }

  /** Returns the session's id, 8 bytes: zeros before the first connection. */
  getSessionId(): Buffer {
    return this.connectionManager.getSessionId()
  }

  /** Returns the session's password, 16 bytes: zeros before the first connection. */
  getSessionPassword(): Buffer {
    return this.connectionManager.getSessionPassword()
  }

  /** Returns the negotiated session timeout in milliseconds: the requested one before the first connection. */
  getSessionTimeout(): number {
    return this.connectionManager.getSessionTimeout()
  }

  /** Presents an identity, now and on every later connection. A refusal ends the session: see `authenticationFailed`. */
  addAuthInfo(scheme: string, auth: Buffer): void {
    assert(scheme && typeof scheme === 'string', 'the scheme must be a non-empty string')
    assert(Buffer.isBuffer(auth), 'the credential must be a Buffer')
    this.connectionManager.addAuthInfo(scheme, Buffer.from(auth))
  }

  /** Creates a znode. Data, ACL and mode are told apart by their types, and each may be left out. */
  create(path: string, ...rest: CreateRest): void {
    validate(path)
    const values = rest.slice(0, 4)
    const callback = callbackAmong<PathCallback>(values)
    const { data, acls, mode } = sortArguments(values)
    const bytes = copyOf(data, isMadeNow(this))
    const options = { acl: toZookit(acls), mode: modeName(mode) as 'persistent' }
    request<string>(this, callback, {
      send: zk => zk.create(path, bytes, options),
      done: created => callback(null, created),
    })
  }

  /** Deletes a znode without children. */
  remove(path: string, ...rest: Rest<number, ErrorCallback>): void {
    const [version, callback] = withDefault(rest, -1)
    validate(path)
    checkCallback(callback)
    checkVersion(version)
    request(this, callback, { send: zk => zk.delete(path, { version }), done: () => callback(null) })
  }

  /** Reads a znode's Stat: null if there is none. */
  exists(path: string, callback: StatCallback): void
  exists(path: string, watcher: Watcher, callback: StatCallback): void
  exists(path: string, ...rest: Rest<Watcher, StatCallback>): void {
    const { callback, watcher, options, watcherManager } = watching(this, path, rest)
    request<ZookitStat | null>(this, callback, {
      send: zk => zk.exists(path, options),
      done: stat => {
        if (watcher && stat) watcherManager.registerDataWatcher(path, watcher)
        else if (watcher) watcherManager.registerExistenceWatcher(path, watcher)
        ;(callback as (error: null, stat: unknown) => void)(null, stat && toStat(stat))
      },
    })
  }

  /** Reads a znode's data and Stat. */
  getData(path: string, callback: DataCallback): void
  getData(path: string, watcher: Watcher, callback: DataCallback): void
  getData(path: string, ...rest: Rest<Watcher, DataCallback>): void {
    const { callback, watcher, options, watcherManager } = watching(this, path, rest)
    request(this, callback, {
      send: zk => zk.getData(path, options),
      done: ({ data, stat }) => {
        if (watcher) watcherManager.registerDataWatcher(path, watcher)
        callback(null, (data ?? undefined) as Buffer, toStat(stat))
      },
    })
  }

  /** Replaces a znode's data. */
  setData(path: string, data: Buffer | null, ...rest: Rest<number, StatCallback>): void {
    const [version, callback] = withDefault(rest, -1)
    validate(path)
    checkCallback(callback)
    checkVersion(version)
    const bytes = copyOf(data, isMadeNow(this))
    const options = version === -1 ? undefined : { version }
    request(this, callback, {
      send: zk => zk.setData(path, bytes, options),
      done: stat => callback(null, toStat(stat)),
    })
  }

  /** Lists the names of a znode's children, and reads its Stat. */
  getChildren(path: string, callback: ChildrenCallback): void
  getChildren(path: string, watcher: Watcher, callback: ChildrenCallback): void
  getChildren(path: string, ...rest: Rest<Watcher, ChildrenCallback>): void {
    const { callback, watcher, options, watcherManager } = watching(this, path, rest)
    request(this, callback, {
      send: zk => zk.getChildren(path, options),
      done: ({ children, stat }) => {
        if (watcher) watcherManager.registerChildWatcher(path, watcher)
        callback(null, children, toStat(stat))
      },
    })
  }

  /** Reads a znode's access control list and its Stat. */
  getACL(path: string, callback: AclCallback): void {
    validate(path)
    checkCallback(callback)
    request(this, callback, {
      send: zk => zk.getAcl(path),
      done: ({ acl, stat }) => callback(null, fromZookit(acl), toStat(stat)),
    })
  }

  /** Replaces a znode's access control list. */
  setACL(path: string, acls: AclEntry[], ...rest: Rest<number, StatCallback>): void {
    const [version, callback] = withDefault(rest, -1)
    validate(path)
    checkCallback(callback)
    assert(Array.isArray(acls) && acls.length > 0, 'the ACL must be a non-empty array')
    checkVersion(version)
    const acl = toZookit(acls)
    request(this, callback, {
      send: zk => zk.setAcl(path, acl, { version }),
      done: stat => callback(null, toStat(stat)),
    })
  }

  /** Begins a list of writes that are applied all together or not at all. */
  transaction(): Transaction {
    return new Transaction(this.connectionManager)
  }

  /** Creates a znode and its parents. Those that exist stay as they are. */
  mkdirp(path: string, ...rest: CreateRest): void {
    validate(path)
    const values = rest.slice(0, 4)
    const callback = callbackAmong<PathCallback>(values)
    const sorted = sortArguments(values)
    mkdirp(this, path, { ...sorted, data: copyOf(sorted.data) }, callback)
  }

  /** Lists a znode and all below it, the upper levels first. It is no snapshot. */
  listSubTreeBFS(path: string, callback: PathsCallback): void {
    validate(path)
    checkCallback(callback)
    listSubTreeBFS(this, path, callback)
  }

  /** Deletes a znode and all below it, the lowest first. Not atomic. */
  removeRecursive(path: string, ...rest: Rest<number, ErrorCallback>): void {
    const [version, callback] = withDefault(rest, -1)
    validate(path)
    checkCallback(callback)
    checkVersion(version)
    removeRecursive(this, path, version, callback)
  }
}
