import { inspectAs } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import { type Data, type RequestOptions, version } from './arguments.ts'
import { checkOptions, type OptionTable, optionTable } from './checks.ts'
import { NODE_CHECKS, type NodeOptions } from './create.ts'
import { InvalidArgument, surplus } from './invalid-argument.ts'
import type { CreatedTogether, WriteOperation } from './multi.ts'

/** Sends the operations of a transaction. */
export type Commit = (operations: readonly WriteOperation[], options?: RequestOptions) => Promise<unknown>

const CREATE: OptionTable = optionTable("{ mode: 'ephemeral' }", NODE_CHECKS)
const VERSIONED: OptionTable = optionTable('{ version: 3 }', { version })

/** The options of a call, and whether it has more arguments than the method takes. */
interface Given {
  readonly options: object | undefined
  readonly table: OptionTable
  readonly hasSurplus: boolean
}

/**
 * A list of writes that the server applies all together or not at all. `commit` checks and sends them; nothing happens
 * before it.
 *
 * @typeParam Results the results of `commit`: one for each operation, in order.
 */
export class Transaction<Results extends readonly unknown[] = []> {
  static {
    inspectAs(Transaction<readonly unknown[]>, transaction =>
      transaction.#operations.map(({ type, path }) => `${type} ${path}`).join(', '),
    )
  }

  readonly #commit: Commit
  readonly #operations: WriteOperation[] = []
  /** The first fault of the calls so far; `commit` rejects with it. */
  #fault: InvalidArgument | undefined

  constructor(commit: Commit) {
    this.#commit = commit
  }

  /** Fails the whole transaction unless the znode exists and has the version; -1 accepts any. Its result is undefined. */
  check(path: string, version: number): Transaction<[...Results, undefined]> {
    const hasSurplus = arguments.length > 2
    return this.#add({ type: 'check', path, version }, { options: undefined, table: VERSIONED, hasSurplus })
  }

  /** Creates a znode. Its result is the path. */
  create(path: string, data: Data = null, options?: NodeOptions): Transaction<[...Results, string]> {
    const hasSurplus = arguments.length > 3
    return this.#add({ type: 'create', path, data }, { options, table: CREATE, hasSurplus })
  }

  /** Creates a znode. Its result is `{ path, stat }`; `stat` is null before servers 3.7.2, 3.8.2 and 3.9.0. */
  createWithStat(
    path: string,
    data: Data = null,
    options?: NodeOptions,
  ): Transaction<[...Results, CreatedTogether]> {
    const hasSurplus = arguments.length > 3
    return this.#add({ type: 'createWithStat', path, data }, { options, table: CREATE, hasSurplus })
  }

  /** Replaces a znode's data. Its result is the new Stat. */
  setData(path: string, data: Data, options?: { version?: number }): Transaction<[...Results, Stat]> {
    const hasSurplus = arguments.length > 3
    return this.#add({ type: 'setData', path, data }, { options, table: VERSIONED, hasSurplus })
  }

  /** Deletes a znode, which must have no children at that point of the transaction. Its result is undefined. */
  delete(path: string, options?: { version?: number }): Transaction<[...Results, undefined]> {
    const hasSurplus = arguments.length > 2
    return this.#add({ type: 'delete', path }, { options, table: VERSIONED, hasSurplus })
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

  #add<Next extends readonly unknown[]>(operation: WriteOperation, given: Given): Transaction<Next> {
    this.#fault ??= this.#faultOf(operation, given)
    // Inherited options count, as they do for every request: a spread would leave them out.
    const options = (given.options ?? {}) as Record<string, unknown>
    const named = [...given.table.checks.keys()].map(name => [name, options[name]] as const)
    const asked = Object.fromEntries(named.filter(([, value]) => value !== undefined))
    this.#operations.push({ ...asked, ...operation })
    return this as Transaction<readonly unknown[]> as Transaction<Next>
  }

  #faultOf(
    { type, path }: WriteOperation,
    { options, table, hasSurplus }: Given,
  ): InvalidArgument | undefined {
    const subject = `operation ${this.#operations.length + 1} (${type})`
    const name = typeof path === 'string' ? path : undefined
    if (hasSurplus) return new InvalidArgument(`${subject}: too many arguments`, 'multi', name)
    try {
      if (options !== undefined) checkOptions(options, table)
      return undefined
    } catch (error) {
      if (!InvalidArgument.is(error)) throw error
      return new InvalidArgument(`${subject}: ${error.reason}`, 'multi', name)
    }
  }
}
