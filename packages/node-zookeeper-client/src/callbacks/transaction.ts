import { MultiError, type MultiResults, type WriteOperation } from '@zookit/client'
import { toZookit } from '../values/acl.ts'
import { modeName } from '../values/create-mode.ts'
import type { Exception } from '../values/exception.ts'
import { type Stat, toStat, type ZookitStat } from '../values/stat.ts'
import { type CreateArgument, checkCallback, checkData, checkVersion, sortArguments } from './arguments.ts'
import type { ConnectionManager } from './connection-manager.ts'
import { makeEnumerable } from './enumerable.ts'
import { validate } from './path.ts'

/** The result of one operation: `type` is its opcode, or -1 if the transaction failed. */
export interface TransactionResult {
  type: number
  /** The path, of a create. */
  path?: string
  /** The new Stat, of a setData. */
  stat?: Stat
  /** ZooKeeper's number, if the transaction failed: 0 for the operations before the one that failed, -2 after it. */
  err?: number
}

/** The callback of `commit`. `results` is absent if the transaction got no answer. */
export type CommitCallback = (error: Exception | null, results: TransactionResult[]) => void

const OPCODES = { create: 1, delete: 2, setData: 5, check: 13 } as const
const ERROR = -1
const RUNTIME_INCONSISTENCY = -2

/** A write, of the kinds that a transaction has. */
type Write = WriteOperation & { type: keyof typeof OPCODES }

/** A list of writes that the server applies all together or not at all. Nothing happens before `commit`. */
export class Transaction {
  static {
    makeEnumerable(Transaction)
  }

  readonly #connection: ConnectionManager
  readonly #writes: Write[] = []

  constructor(connection: ConnectionManager) {
    this.#connection = connection
  }

  /** Creates a znode. Data, ACL and mode are told apart by their types, and each may be left out. */
  create(path: string, ...values: [CreateArgument?, CreateArgument?, CreateArgument?]): this {
    validate(path)
    const { data, acls, mode } = sortArguments(values)
    return this.#add({
      type: 'create',
      path,
      data,
      acl: toZookit(acls),
      mode: modeName(mode) as 'persistent',
    })
  }

  /** Fails the transaction unless the znode exists and has the version. */
  check(path: string, given?: number | null): this {
    const version = given ?? -1
    validate(path)
    checkVersion(version)
    return this.#add({ type: 'check', path, version })
  }

  /** Replaces a znode's data. */
  setData(path: string, data: Buffer | null, given?: number | null): this {
    const version = given ?? -1
    validate(path)
    checkData(data)
    checkVersion(version)
    return this.#add({ type: 'setData', path, data: data ?? null, version })
  }

  /** Deletes a znode. */
  remove(path: string, given?: number | null): this {
    const version = given ?? -1
    validate(path)
    checkVersion(version)
    return this.#add({ type: 'delete', path, version })
  }

  /** Sends the operations as one request. */
  commit(callback: CommitCallback): void {
    checkCallback(callback)
    const writes = this.#writes.map(withOwnData)
    this.#connection.run<MultiResults<Write[]>>({
      send: zk => zk.multi(writes),
      done: results =>
        callback(
          null,
          results.map((result, index) => succeeded(writes[index]!, result)),
        ),
      failed: error => {
        const { cause } = error
        if (MultiError.is(cause)) callback(error, failed(cause))
        // One argument, as where there was no answer.
        else (callback as (error: Exception) => void)(error)
      },
    })
  }

  #add(write: Write): this {
    this.#writes.push(write)
    return this
  }
}

/** Copies a write's data: the caller may change its own as soon as `commit` has returned. */
function withOwnData(write: Write): Write {
  return 'data' in write && Buffer.isBuffer(write.data) ? { ...write, data: Buffer.from(write.data) } : write
}

function succeeded({ type }: Write, result: unknown): TransactionResult {
  if (type === 'create') return { type: OPCODES[type], path: result as string }
  if (type === 'setData') return { type: OPCODES[type], stat: toStat(result as ZookitStat) }
  return { type: OPCODES[type] }
}

function failed({ results, index, errno }: MultiError): TransactionResult[] {
  return results.map((code, at) => {
    const others = code === null ? 0 : RUNTIME_INCONSISTENCY
    return { type: ERROR, err: at === index ? errno : others }
  })
}
