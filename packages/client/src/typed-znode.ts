import { type Environment, ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import {
  type Data,
  LIMIT_CHECKS,
  type ReadOptions,
  type RequestOptions,
  type VersionOptions,
} from './arguments.ts'
import { checkArgument, checkOptions, func, type OptionTable, optionTable } from './checks.ts'
import type { CreateOptions } from './create.ts'
import { refused, surplus, withSubject } from './invalid-argument.ts'
import { encodeJson, type JsonData } from './json.ts'
import { validatePath } from './path.ts'
import { parseWith, type Schema, schemaCheck } from './schema.ts'

/** The part of a client that a typed znode uses. */
export interface ZnodeClient {
  getJson(path: string, options?: ReadOptions): Promise<JsonData<unknown>>
  create(path: string, data: Data, options?: CreateOptions): Promise<string>
  setData(path: string, data: Data, options?: VersionOptions): Promise<Stat>
  sync(path: string, options?: RequestOptions): Promise<void>
}

/** The options of a call that consists of several requests. */
export interface UpdateOptions {
  /** Gives the call up with ABORTED. */
  signal?: AbortSignal | undefined
  /** Milliseconds after which the call ends with REQUEST_TIMEOUT. Default: each request has its own. */
  timeout?: number | undefined
}

const UPDATE: OptionTable = optionTable('{ timeout: 5000 }', LIMIT_CHECKS)

/** Longest pause in milliseconds after another writer was quicker. */
const PAUSE = 20

/**
 * A znode whose data is JSON that a schema accepts. What is read and what is to be written is validated, and a value that
 * the schema refuses is a SchemaError, which names the path and what is wrong. The schema may be asynchronous. It must accept
 * its own output, because `update` writes that.
 */
export class TypedZnode<Value> {
  readonly path: string
  readonly #zk: ZnodeClient
  readonly #environment: Environment
  readonly #schema: Schema<Value>

  /** Use `typed` of a client. @throws ZooKeeperError BAD_ARGUMENTS. */
  constructor(zk: ZnodeClient, environment: Environment, path: string, schema: Schema<Value>) {
    try {
      validatePath(path)
      checkArgument('the schema', schema, schemaCheck)
    } catch (error) {
      throw withSubject(error, 'typed', path)
    }
    this.path = path
    this.#zk = zk
    this.#environment = environment
    this.#schema = schema
  }

  /**
   * Reads the value.
   *
   * @returns `{ value, stat }`; the value is the schema's output.
   * @throws the errors of `getJson`; SchemaError, whose code is INVALID_DATA.
   */
  async get(options?: ReadOptions): Promise<JsonData<Value>> {
    if (arguments.length > 1) return await surplus('get', 1, this.path)
    const { value, stat } = await this.#zk.getJson(this.path, options)
    return { value: await parseWith(this.#schema, value, this.path), stat }
  }

  /**
   * Creates the znode with a value.
   *
   * @returns its path.
   * @throws SchemaError: nothing was sent; the errors of `create`.
   */
  async create(value: Value, options?: CreateOptions): Promise<string> {
    if (arguments.length > 2) return await surplus('create', 2, this.path)
    const text = await this.#encode('create', value)
    return await this.#zk.create(this.path, text, options)
  }

  /**
   * Replaces the value.
   *
   * @param options.version the version that the znode must have; -1, the default, accepts any.
   * @returns the new Stat.
   * @throws SchemaError: nothing was sent; the errors of `setData`.
   */
  async set(value: Value, options?: VersionOptions): Promise<Stat> {
    if (arguments.length > 2) return await surplus('set', 2, this.path)
    const text = await this.#encode('set', value)
    return await this.#zk.setData(this.path, text, options)
  }

  /**
   * Changes the value by a function of it, on the condition that the znode still has the version that was read. Repeats that
   * while other writers are quicker.
   *
   * @param change called with the newest value, perhaps several times. It returns another value, or a promise of one.
   * @returns the new value, as validated, and its Stat.
   * @throws what the function throws; SchemaError for the present value or the new one; the errors of `get` and `set`.
   *   CONNECTION_LOSS with the outcome `unknown`: the new value may have been written. BAD_VERSION with the outcome `unknown`:
   *   the znode was deleted and made again meanwhile, with the same version, and the new value has replaced the one there.
   */
  async update(
    change: (value: Value) => Value | Promise<Value>,
    options: UpdateOptions = {},
  ): Promise<JsonData<Value>> {
    if (arguments.length > 2) return await surplus('update', 2, this.path)
    try {
      checkArgument('the change', change, func)
      checkOptions(options, UPDATE)
    } catch (error) {
      return await refused(error, 'update', this.path)
    }
    const left = this.#limits(options)
    for (;;) {
      const before = await this.get(left())
      const next = await change(before.value)
      const value = await parseWith(this.#schema, next, this.path)
      try {
        const stat = await this.set(next, { ...left(), version: before.stat.version })
        if (stat.czxid !== before.stat.czxid) throw overwritten(this.path)
        return { value, stat }
      } catch (error) {
        if (!ZooKeeperError.is(error) || error.code !== 'BAD_VERSION' || error.outcome === 'unknown')
          throw error
      }
      await this.#pause()
      await this.#catchUp(left())
    }
  }

  /** Lets the server catch up that was read: it may be behind the one that has refused. If it is lost, the next read finds another. */
  async #catchUp(limits: UpdateOptions): Promise<void> {
    try {
      await this.#zk.sync(this.path, limits)
    } catch (error) {
      if (!ZooKeeperError.is(error) || error.code !== 'CONNECTION_LOSS') throw error
    }
  }

  /** Returns a function that tells how long the next request may take. */
  #limits({ signal, timeout }: UpdateOptions): () => UpdateOptions {
    if (timeout === undefined || timeout === Infinity) return () => ({ signal, timeout })
    const due = this.#environment.now() + timeout
    return () => ({ signal, timeout: Math.max(due - this.#environment.now(), 1) })
  }

  #pause(): Promise<void> {
    const environment = this.#environment
    return new Promise(resolve => {
      environment.setTimer(resolve, Math.max(environment.random() * PAUSE, 1))
    })
  }

  async #encode(operation: string, value: Value): Promise<string> {
    await parseWith(this.#schema, value, this.path)
    try {
      return encodeJson(value)
    } catch (error) {
      throw withSubject(error, operation, this.path)
    }
  }
}

function overwritten(path: string): ZooKeeperError {
  const message =
    'the znode was deleted and made again during the update, which was computed from the data of the deleted one and has replaced that of the new one. Use `update` of SharedValue or Config, which does not write then'
  return new ZooKeeperError('BAD_VERSION', { message, operation: 'update', path, outcome: 'unknown' })
}
