import type { MultiResult } from '@zookit/jute'
import { Err } from '../error-codes.ts'
import { Opcode } from '../opcodes.ts'
import type { Applied, Change, Effect, Transaction } from './changes.ts'
import { TreeDigest } from './digest.ts'
import { parentPath } from './paths.ts'
import { Quotas } from './quotas.ts'
import { statOf, Tree, type ZNode } from './tree.ts'
import { Watches } from './watches.ts'

/** The properties of a database that depend on the release. */
export interface DatabaseSettings {
  readonly modesCoexist: boolean
  readonly configNode: boolean
}

/**
 * The replicated state of one server, and the watches on it. The state depends on the applied transactions alone:
 * a database knows no sockets, no time and no permissions.
 */
export class Database {
  readonly tree: Tree
  readonly digest: TreeDigest
  readonly quotas: Quotas
  readonly watches: Watches
  /** The zxid of the last applied transaction. Every reply carries it. */
  lastZxid = 0

  constructor(settings: DatabaseSettings) {
    this.tree = new Tree(settings.configNode)
    this.digest = new TreeDigest(this.tree)
    this.quotas = new Quotas(this.tree)
    this.watches = new Watches(settings.modesCoexist)
  }

  /** Applies a transaction. Its events are appended before this returns. */
  apply(transaction: Transaction): Applied {
    const { effect, zxid, time } = transaction
    const applied = this.#applyEffect(effect, zxid, time)
    this.lastZxid = zxid
    this.digest.applied(zxid)
    return applied
  }

  /** Takes the state of another database, as a server does that has missed too much of the log. Its watches stay. */
  copyFrom(other: Database): void {
    this.tree.copyFrom(other.tree)
    this.digest.copyFrom(other.digest)
    this.quotas.copyFrom(other.quotas)
    this.lastZxid = other.lastZxid
  }

  #applyEffect(effect: Effect, zxid: number, time: number): Applied {
    switch (effect.type) {
      case 'multi':
        return effect.changes.map((change, i) =>
          resultOf(effect.opcodes[i]!, change, this.#applyChange(change, zxid, time)),
        )
      case 'failure':
        return effect.multi?.map(err => ({ type: -1, err })) ?? null
      case 'openSession':
        return null
      case 'closeSession':
        for (const path of effect.paths) this.#delete(path, zxid)
        return null
      default:
        return this.#applyChange(effect, zxid, time)
    }
  }

  #applyChange(change: Change, zxid: number, time: number): ZNode | null {
    switch (change.type) {
      case 'create': {
        const node = this.tree.create(change, zxid, time)
        this.quotas.created(change.path, node.dataLength)
        const { parent } = change
        this.digest.changed(change.path)
        this.digest.changed(parent)
        this.watches.created(change.path, parent, zxid, node.acl, this.tree.find(parent)!.acl)
        return node
      }
      case 'delete':
        this.#delete(change.path, zxid)
        return null
      case 'setData':
        return this.#setData(change.path, change.data, change.version, zxid, time)
      case 'setAcl': {
        const node = this.tree.find(change.path)!
        node.acl = change.acl
        node.aversion = change.version
        this.digest.changed(change.path)
        return node
      }
      case 'check':
        return null
    }
  }

  #setData(path: string, data: Uint8Array | null, version: number, zxid: number, time: number): ZNode {
    const node = this.tree.find(path)!
    const before = node.dataLength
    node.data = data
    node.version = version
    node.mzxid = zxid
    node.mtime = time
    this.digest.changed(path)
    this.quotas.changed(path, node.dataLength - before)
    this.watches.dataChanged(path, zxid, node.acl)
    return node
  }

  #delete(path: string, zxid: number): void {
    const node = this.tree.delete(path, zxid)
    if (node === undefined) return
    this.quotas.deleted(path, node.dataLength)
    const parent = parentPath(path) ?? '/'
    this.digest.deleted(node)
    this.digest.changed(parent)
    this.watches.deleted(path, parent, zxid, node.acl, this.tree.find(parent)!.acl)
  }
}

/** Returns the result of one operation of a multi, with the znode as it is right after that operation. */
function resultOf(opcode: number, change: Change, node: ZNode | null): MultiResult {
  switch (opcode) {
    case Opcode.create:
      return { type: 1, response: { path: change.path } }
    case Opcode.create2:
    case Opcode.createContainer:
    case Opcode.createTTL:
      return { type: 15, response: { path: change.path, stat: statOf(node!) } }
    case Opcode.setData:
      return { type: 5, response: { stat: statOf(node!) } }
    case Opcode.delete:
      return { type: 2, response: null }
    case Opcode.check:
      return { type: 13, response: null }
    default:
      return { type: -1, err: Err.MARSHALLING_ERROR }
  }
}
