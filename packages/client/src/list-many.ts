import { ErrorNumber, op } from '@zookit/jute'
import { type BulkOptions, readAll } from './bulk/bulk-reads.ts'
import type { Children, Shaped } from './operations.ts'
import type { Requests } from './requests.ts'

/** Lists the children of many znodes, with one promise; null for a znode that does not exist. */
export type ListMany = (paths: readonly string[], options: BulkOptions) => Promise<(Children | null)[]>

const LISTING = {
  ...op.getChildren2,
  name: 'getChildren',
  noneOn: ErrorNumber.NO_NODE,
} as unknown as Shaped<Children | null>

/** Makes what lists the children of many znodes of a client. */
export function listManyOf(requests: Requests): ListMany {
  return (paths, options) => readAll(requests, LISTING, paths, options)
}
