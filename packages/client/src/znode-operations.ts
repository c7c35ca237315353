import type { ACL, Stat } from '@zookit/jute'
import { aclCheck } from './acl.ts'
import {
  type Data,
  REQUEST_OPTIONS,
  type ReadOptions,
  type RequestOptions,
  toBytes,
  VERSION_OPTIONS,
  type VersionOptions,
} from './arguments.ts'
import { checkArgument, checkOptions } from './checks.ts'
import {
  type CreateOptions,
  checkCreateOptions,
  createBody,
  createOperation,
  createWithStatOperation,
  modeOf,
} from './create.ts'
import { refused, surplus, tooMany, withSubject } from './invalid-argument.ts'
import { getJson, type JsonData, setJson } from './json.ts'
import type { Children, Created, NodeAcl, NodeData } from './operations.ts'
import type { Requests } from './requests.ts'
import type { Schema } from './schema.ts'
import { TypedZnode } from './typed-znode.ts'

/** The key of a client's `Requests`. A symbol keeps it out of the client's interface. */
export const requests: unique symbol = Symbol('requests')

/**
 * The operations on one znode, which `ZooKeeper` takes over as methods of its own. They stand in a file of their own
 * because both halves with their documentation are too long for one.
 *
 * These facts hold for every request:
 *
 * - Requests reach the server in the order of the calls, awaited or not, and they settle in that order. One with `retry` or
 *   `retryReads` may settle after later ones: its result is passed on, and what is sent again takes a new place.
 * - A method never throws. Every failure, an invalid argument too, is a rejection with a `ZooKeeperError`.
 * - `outcome` of the error says what became of the request: `rejected` by the server, `not-sent`, or `unknown` (the
 *   request was sent and may have been applied). Only `retry` sends a request again.
 * - `signal` and `timeout` (milliseconds) give a request up with ABORTED and REQUEST_TIMEOUT. Neither undoes a write.
 * - Beside the errors that a method lists, it can fail with BAD_ARGUMENTS, CONNECTION_LOSS, SESSION_EXPIRED, CLOSED,
 *   AUTH_FAILED, QUEUE_FULL or NOT_CONNECTED, and a write on a read-only server fails with NOT_READ_ONLY.
 */
export abstract class ZnodeOperations {
  /** The client's requests. @internal */
  abstract readonly [requests]: Requests

  /**
   * Creates a znode. Sends opcode 1 wherever the mode allows it: every server knows that one.
   *
   * @param path in the sequential modes the text to which the server appends ten digits: `/jobs/job-`.
   * @param data default null, which differs from empty data.
   * @param options `mode`: default `persistent`; `container` needs server 3.5.1, `ttl` needs 3.5.3 with
   *   `extendedTypesEnabled`. `ttl`: milliseconds, 1 to 2^40-1, required in the `ttl` modes, refused in all others.
   *   `acl`: default `openAcl`.
   * @returns the path of the znode.
   * @throws NODE_EXISTS; NO_NODE: the parent does not exist; NO_CHILDREN_FOR_EPHEMERALS; NO_AUTH: no CREATE on the
   *   parent; INVALID_ACL; QUOTA_EXCEEDED; UNIMPLEMENTED: the server does not have the mode.
   */
  create(path: string, data: Data = null, options?: CreateOptions): Promise<string> {
    if (arguments.length > 3) return surplus('create', 3, path)
    try {
      checkCreateOptions(options)
      const operation = createOperation(this[requests].operations, modeOf(options))
      const body = createBody(this[requests].chroot, path, data, options)
      return this[requests].send(operation, body, path, options)
    } catch (error) {
      return refused(error, 'create', path)
    }
  }

  /**
   * Creates a znode and returns its Stat too. Needs server 3.5. Takes the parameters of `create`.
   *
   * @returns `{ path, stat }`.
   * @throws the errors of `create`.
   */
  createWithStat(path: string, data: Data = null, options?: CreateOptions): Promise<Created> {
    if (arguments.length > 3) return surplus('createWithStat', 3, path)
    try {
      checkCreateOptions(options)
      const operation = createWithStatOperation(this[requests].operations, modeOf(options))
      const body = createBody(this[requests].chroot, path, data, options)
      return this[requests].send(operation, body, path, options)
    } catch (error) {
      return refused(error, 'createWithStat', path)
    }
  }

  /**
   * Deletes a znode that has no children.
   *
   * @param options.version the version that the znode must have; -1, the default, accepts any.
   * @throws NO_NODE; NOT_EMPTY; BAD_VERSION; NO_AUTH: no DELETE on the parent.
   */
  delete(path: string, options?: VersionOptions): Promise<void> {
    if (arguments.length > 2) return surplus('delete', 2, path)
    try {
      if (options !== undefined) checkOptions(options, VERSION_OPTIONS)
      const body = { path: this[requests].resolve(path), version: options?.version ?? -1 }
      return this[requests].send(this[requests].operations.delete, body, path, options)
    } catch (error) {
      return refused(error, 'delete', path)
    }
  }

  /**
   * Reads a znode's Stat.
   *
   * @param options.watch a listener that is called once, for the creation, the deletion or the next change of the
   *   znode. The watch is set also where there is no znode.
   * @returns null if the znode does not exist.
   * @throws NO_AUTH: no READ, on servers since 3.8.4 and 3.9.2.
   */
  exists(path: string, options?: ReadOptions): Promise<Stat | null> {
    if (arguments.length > 2) return surplus('exists', 2, path)
    return this[requests].read(this[requests].operations.exists, path, options)
  }

  /**
   * Reads a znode's data. The answer is the state of the connected server. That server may be behind the others, but
   * it is never behind what this client has seen. Call `sync` first where that is not enough.
   *
   * @param options.watch a listener that is called once, for the next change of the znode or its deletion. A read
   *   that fails sets no watch.
   * @returns `{ data, stat }`; `data` is null or a Buffer of its own.
   * @throws NO_NODE; NO_AUTH: no READ.
   */
  getData(path: string, options?: ReadOptions): Promise<NodeData> {
    if (arguments.length > 2) return surplus('getData', 2, path)
    return this[requests].read(this[requests].operations.getData, path, options)
  }

  /**
   * Replaces a znode's data.
   *
   * @param data text, sent as UTF-8, or bytes. The bytes must not change before the promise settles.
   * @param options.version the version that the znode must have; -1, the default, accepts any.
   * @returns the new Stat.
   * @throws NO_NODE; BAD_VERSION; NO_AUTH: no WRITE; QUOTA_EXCEEDED.
   */
  setData(path: string, data: Data, options?: VersionOptions): Promise<Stat> {
    if (arguments.length > 3) return surplus('setData', 3, path)
    try {
      if (options !== undefined) checkOptions(options, VERSION_OPTIONS)
      const version = options?.version ?? -1
      const body = { path: this[requests].resolve(path), data: toBytes(data), version }
      return this[requests].send(this[requests].operations.setData, body, path, options)
    } catch (error) {
      return refused(error, 'setData', path)
    }
  }

  /**
   * Reads a znode's data as JSON. `typed` validates it too.
   *
   * @returns `{ value, stat }`. The type of the value is the caller's claim.
   * @throws INVALID_DATA: the data is not JSON, or there is none; the errors of `getData`.
   */
  getJson<Value = unknown>(path: string, options?: ReadOptions): Promise<JsonData<Value>> {
    if (arguments.length > 2) return surplus('getJson', 2, path)
    return getJson<Value>(this[requests], path, options)
  }

  /**
   * Replaces a znode's data by a value as JSON.
   *
   * @param options.version the version that the znode must have; -1, the default, accepts any.
   * @returns the new Stat.
   * @throws BAD_ARGUMENTS: JSON has no such value; the errors of `setData`.
   */
  setJson(path: string, value: unknown, options?: VersionOptions): Promise<Stat> {
    if (arguments.length > 3) return surplus('setJson', 3, path)
    try {
      return setJson(this[requests], path, value, options)
    } catch (error) {
      return refused(error, 'setJson', path)
    }
  }

  /** Makes a view of a znode whose data is JSON that a schema accepts, of any library that implements Standard Schema. */
  typed<Value>(...args: [path: string, schema: Schema<Value>]): TypedZnode<Value> {
    if (args.length > 2) throw withSubject(tooMany(2), 'typed', args[0])
    return new TypedZnode(this, this[requests].session.environment, ...args)
  }

  /**
   * Lists a znode's children.
   *
   * @param options.watch a listener that is called once, when the next child is created or deleted, or when the
   *   znode itself is deleted.
   * @returns `{ children, stat }`: names, not paths, in no order, and the Stat of the znode itself.
   * @throws NO_NODE; NO_AUTH: no READ.
   */
  getChildren(path: string, options?: ReadOptions): Promise<Children> {
    if (arguments.length > 2) return surplus('getChildren', 2, path)
    return this[requests].read(this[requests].operations.getChildren2, path, options)
  }

  /**
   * Reads a znode's access control list. Without ADMIN the server shows digest ids as `user:x`.
   *
   * @returns `{ acl, stat }`.
   * @throws NO_NODE; NO_AUTH: neither READ nor ADMIN.
   */
  getAcl(path: string, options?: RequestOptions): Promise<NodeAcl> {
    if (arguments.length > 2) return surplus('getAcl', 2, path)
    return this[requests].ask(this[requests].operations.getACL, path, options)
  }

  /**
   * Replaces a znode's access control list.
   *
   * @param options.version the `aversion` that the znode must have, not its version; -1, the default, accepts any.
   * @returns the Stat.
   * @throws NO_NODE; BAD_VERSION; NO_AUTH: no ADMIN; INVALID_ACL.
   */
  setAcl(path: string, acl: readonly ACL[], options?: VersionOptions): Promise<Stat> {
    if (arguments.length > 3) return surplus('setAcl', 3, path)
    try {
      if (options !== undefined) checkOptions(options, VERSION_OPTIONS)
      checkArgument('the ACL', acl, aclCheck)
      const body = { path: this[requests].resolve(path), acl, version: options?.version ?? -1 }
      return this[requests].send(this[requests].operations.setACL, body, path, options)
    } catch (error) {
      return refused(error, 'setAcl', path)
    }
  }

  /**
   * Waits until the connected server has caught up with the leader. A read after it is no older than this call.
   * Another client's write can still come between the two. `retryReads` does not apply to it: a `sync` that is sent again
   * would follow the reads that were called after it.
   *
   * @param path any path; servers ignore it.
   */
  sync(path = '/', options?: RequestOptions): Promise<void> {
    if (arguments.length > 2) return surplus('sync', 2, path)
    return this[requests].ask(this[requests].operations.sync, path, options)
  }

  /**
   * Counts all znodes below one, at every depth. Needs server 3.6.
   *
   * @throws NO_NODE; NO_AUTH: no READ.
   */
  getAllChildrenNumber(path: string, options?: RequestOptions): Promise<number> {
    if (arguments.length > 2) return surplus('getAllChildrenNumber', 2, path)
    return this[requests].ask(this[requests].operations.getAllChildrenNumber, path, options)
  }

  /**
   * Lists this session's ephemeral znodes within the chroot. Needs server 3.6.
   *
   * @param prefix the plain text with which the paths begin: `/a` finds `/ab` too, `/a/` does not.
   * @returns their paths, in no order.
   */
  getEphemerals(prefix = '/', options?: RequestOptions): Promise<string[]> {
    if (arguments.length > 2) return surplus('getEphemerals', 2, prefix)
    try {
      if (options !== undefined) checkOptions(options, REQUEST_OPTIONS)
      const body = { prefixPath: this[requests].prefix(prefix) }
      return this[requests].send(this[requests].operations.getEphemerals, body, prefix, options)
    } catch (error) {
      return refused(error, 'getEphemerals', prefix)
    }
  }
}
