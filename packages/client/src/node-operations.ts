import type { ACL, Stat } from '@zookit/jute'
import {
  type Data,
  type ReadOptions,
  type RequestOptions,
  toBytes,
  toVersion,
  type VersionOptions,
} from './arguments.ts'
import { type CreateOptions, createBody, createOperation, createWithStatOperation, modeOf } from './create.ts'
import type { Children, Created, NodeAcl, NodeData, PathOperations } from './operations.ts'
import * as operations from './operations.ts'
import type { Requests } from './requests.ts'

/**
 * The operations on one node. What is true of all of them:
 *
 * - Requests reach the server in the order of the calls, awaited or not, and settle in that order.
 * - Nothing is thrown: every failure, that of an argument too, is a rejection with a `ZooKeeperError`.
 * - Its `outcome` says what became of the request: `rejected` by the server, `not-sent`, or `unknown` (it left,
 *   and may have been applied). Nothing is sent twice unless `retry` says so.
 * - `signal` and `timeout` (milliseconds) give a request up, with ABORTED and REQUEST_TIMEOUT. That undoes nothing.
 * - Beside the errors that are listed, each can fail with BAD_ARGUMENTS, CONNECTION_LOSS, SESSION_EXPIRED, CLOSED,
 *   AUTH_FAILED, QUEUE_FULL or NOT_CONNECTED, and a write on a read-only server with NOT_READ_ONLY.
 */
export class NodeOperations {
  readonly #requests: Requests
  readonly #operations: PathOperations

  constructor(requests: Requests, pathOperations: PathOperations) {
    this.#requests = requests
    this.#operations = pathOperations
  }

  /**
   * Creates a node. Sent as opcode 1 wherever the mode allows, which every server knows.
   *
   * @param path in the sequential modes what ten digits are appended to: `/jobs/job-`.
   * @param data default null, which is not the same as empty.
   * @param options.mode default `persistent`. `container` needs server 3.5.1, `ttl` 3.5.3 with `extendedTypesEnabled`.
   * @param options.ttl milliseconds, 1 to 2^40-1: needed in the `ttl` modes, and only there.
   * @param options.acl default `openAcl`.
   * @returns the path of the node.
   * @throws NODE_EXISTS; NO_NODE: the parent is missing; NO_CHILDREN_FOR_EPHEMERALS; NO_AUTH: no CREATE on the
   *   parent; INVALID_ACL; QUOTA_EXCEEDED; UNIMPLEMENTED: the server does not have the mode.
   */
  create(path: string, data: Data = null, options?: CreateOptions): Promise<string> {
    try {
      const operation = createOperation(this.#operations, modeOf(options))
      const body = createBody(this.#requests.chroot, path, data, options)
      return this.#requests.send(operation, body, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * As `create`, and answers with the node's Stat too. Needs server 3.5.
   *
   * @returns `{ path, stat }`.
   * @throws as `create`.
   */
  createWithStat(path: string, data: Data = null, options?: CreateOptions): Promise<Created> {
    try {
      const operation = createWithStatOperation(this.#operations, modeOf(options))
      const body = createBody(this.#requests.chroot, path, data, options)
      return this.#requests.send(operation, body, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Deletes a node that has no children.
   *
   * @param options.version the version that the node must have; -1, the default, is any.
   * @throws NO_NODE; NOT_EMPTY; BAD_VERSION; NO_AUTH: no DELETE on the parent.
   */
  delete(path: string, options?: VersionOptions): Promise<void> {
    try {
      const body = { path: this.#requests.resolve(path), version: toVersion(options?.version) }
      return this.#requests.send(operations.remove, body, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Asks for a node's Stat.
   *
   * @param options.watch is told once of the node's creation, deletion or next change, whichever comes. It is left
   *   also where there is no node.
   * @returns null if there is no node.
   * @throws NO_AUTH: no READ, on servers since 3.8.4 and 3.9.2.
   */
  exists(path: string, options?: ReadOptions): Promise<Stat | null> {
    return this.#requests.read(operations.exists, path, options)
  }

  /**
   * Reads a node's data. The answer is the state of the connected server, which may be behind others': `sync` first
   * where that matters. It is never behind what this client has seen before.
   *
   * @param options.watch is told once, of the node's next change or its deletion. Not left if this fails.
   * @returns `{ data, stat }`; `data` is a Buffer of its own, or null.
   * @throws NO_NODE; NO_AUTH: no READ.
   */
  getData(path: string, options?: ReadOptions): Promise<NodeData> {
    return this.#requests.read(operations.getData, path, options)
  }

  /**
   * Replaces a node's data.
   *
   * @param data text goes out as UTF-8. Bytes must not change before the promise settles.
   * @param options.version the version that the node must have; -1, the default, is any.
   * @returns the new Stat.
   * @throws NO_NODE; BAD_VERSION; NO_AUTH: no WRITE; QUOTA_EXCEEDED.
   */
  setData(path: string, data: Data, options?: VersionOptions): Promise<Stat> {
    try {
      const version = toVersion(options?.version)
      const body = { path: this.#requests.resolve(path), data: toBytes(data), version }
      return this.#requests.send(operations.setData, body, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Lists a node's children.
   *
   * @param options.watch is told once: when a child is created or deleted next, or the node itself is.
   * @returns `{ children, stat }`: the names, not the paths, in no order, and the Stat of the node itself.
   * @throws NO_NODE; NO_AUTH: no READ.
   */
  getChildren(path: string, options?: ReadOptions): Promise<Children> {
    return this.#requests.read(operations.getChildren, path, options)
  }

  /**
   * Reads a node's access control list. Without ADMIN the server shows digest ids as `user:x`.
   *
   * @returns `{ acl, stat }`.
   * @throws NO_NODE; NO_AUTH: neither READ nor ADMIN.
   */
  getAcl(path: string, options?: RequestOptions): Promise<NodeAcl> {
    return this.#requests.ask(operations.getAcl, path, options)
  }

  /**
   * Replaces a node's access control list.
   *
   * @param options.version the `aversion` that the node must have, not its version; -1, the default, is any.
   * @returns the Stat.
   * @throws NO_NODE; BAD_VERSION; NO_AUTH: no ADMIN; INVALID_ACL.
   */
  setAcl(path: string, acl: readonly ACL[], options?: VersionOptions): Promise<Stat> {
    try {
      const body = { path: this.#requests.resolve(path), acl, version: toVersion(options?.version) }
      return this.#requests.send(operations.setAcl, body, path, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Waits until the connected server has caught up with the leader: what is read after it is no older than this
   * call. Another's write that follows it may still come in between.
   *
   * @param path any path; servers do not look at it.
   */
  sync(path = '/', options?: RequestOptions): Promise<void> {
    return this.#requests.ask(operations.sync, path, options)
  }

  /**
   * Counts all nodes below one, whatever their depth. Needs server 3.6.
   *
   * @throws NO_NODE; NO_AUTH: no READ.
   */
  getAllChildrenNumber(path: string, options?: RequestOptions): Promise<number> {
    return this.#requests.ask(operations.getAllChildrenNumber, path, options)
  }

  /**
   * Lists this session's ephemeral nodes, within the chroot. Needs server 3.6.
   *
   * @param prefix what the paths begin with, as plain text: `/a` finds `/ab` too, `/a/` does not.
   * @returns their paths, in no order.
   */
  getEphemerals(prefix = '/', options?: RequestOptions): Promise<string[]> {
    try {
      const body = { prefixPath: this.#requests.prefix(prefix) }
      return this.#requests.send(this.#operations.getEphemerals, body, prefix, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }
}
