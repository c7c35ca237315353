import type { Stat } from '@zookit/jute'
import type { Data, RequestOptions } from './arguments.ts'
import { describe, isObject } from './checks.ts'
import type { NodeOptions } from './create.ts'
import { InvalidArgument, surplus } from './invalid-argument.ts'
import type { CreatedTogether, WriteOperation } from './multi.ts'

/** Sends the operations of a transaction. */
export type Commit = (operations: readonly WriteOperation[], options?: RequestOptions) => Promise<unknown>

/**
 * A list of writes that the server applies all together or not at all. `commit` checks and sends them; nothing happens
 * before it.
 *
 * @typeParam Results the results of `commit`: one for each operation, in order.
 */
export class Transaction<Results extends readonly unknown[] = []> {
  readonly #commit: Commit
  readonly #operations: WriteOperation[] = []
  /** The first fault of the calls so far; `commit` rejects with it. */
  #fault: InvalidArgument | undefined

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** Fails the whole transaction unless the znode exists and has the version; -1 accepts any. Its result is undefined. */
  check(path: string, version: number): Transaction<[...Results, undefined]> {
    return this.#add({ type: 'check', path, version }, undefined, arguments.length > 2)
  }

  /** Creates a znode. Its result is the path. */
  create(path: string, data: Data = null, options?: NodeOptions): Transaction<[...Results, string]> {
    return this.#add({ type: 'create', path, data }, options, arguments.length > 3)
  }

  /** Creates a znode. Its result is `{ path, stat }`; `stat` is null before servers 3.7.2, 3.8.2 and 3.9.0. */
  createWithStat(
    path: string,
    data: Data = null,
    options?: NodeOptions,
  ): Transaction<[...Results, CreatedTogether]> {
    return this.#add({ type: 'createWithStat', path, data }, options, arguments.length > 3)
  }

  /** Replaces a znode's data. Its result is the new Stat. */
  setData(path: string, data: Data, options?: { version?: number }): Transaction<[...Results, Stat]> {
    return this.#add({ type: 'setData', path, data }, options, arguments.length > 3)
  }

  /** Deletes a znode, which must have no children at that point of the transaction. Its result is undefined. */
  delete(path: string, options?: { version?: number }): Transaction<[...Results, undefined]> {
    return this.#add({ type: 'delete', path }, options, arguments.length > 2)
  }

  /**
   * Sends the operations as one request. A second `commit` sends them all again.
   *
   * @returns the results as a tuple.
   * @throws MultiError: one operation failed, none was applied; `index`, `type` and `path` say which, `code` says why.
   *   Also the errors that every write can have: see `ZnodeOperations`.
   */
  commit(options?: RequestOptions): Promise<Results> {
    if (arguments.length > 1) return surplus('multi', 1)
    if (this.#fault) return Promise.reject(this.#fault)
    return this.#commit(this.#operations, options) as Promise<Results>
  }

  #add<Next extends readonly unknown[]>(
    operation: WriteOperation,
    options: object | undefined,
    hasSurplus: boolean,
  ): Transaction<Next> {
    this.#fault ??= this.#faultOf(operation, options, hasSurplus)
    // An option that does not exist becomes a field that does not exist, and is found there.
    this.#operations.push({ ...options, ...operation })
    return this as Transaction<readonly unknown[]> as Transaction<Next>
  }

  #faultOf(
    { type, path }: WriteOperation,
    options: unknown,
    hasSurplus: boolean,
  ): InvalidArgument | undefined {
    const subject = `operation ${this.#operations.length + 1} (${type})`
    const name = typeof path === 'string' ? path : undefined
    if (hasSurplus) return new InvalidArgument(`${subject}: too many arguments`, 'multi', name)
    if (options === undefined || isObject(options)) return undefined
    const reason = `the options must be an object such as { version: 3 }, not ${describe(options)}`
    return new InvalidArgument(`${subject}: ${reason}`, 'multi', name)
  }
}
