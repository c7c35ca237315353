import { ErrorNumber, op, type Stat } from '@zookit/jute'
import type { RequestOptions } from './arguments.ts'
import { type BulkOptions, readAll, WHOLE_READ } from './bulk/bulk-reads.ts'
import type { Children, Shaped } from './operations.ts'
import type { Requests } from './requests.ts'
import type { ZnodeOperations } from './znode-operations.ts'

/** The parts of a znode that an operation on a whole tree reads. */
export interface TreeRead {
  /** The names of its children, in no order. */
  readonly children: string[]
  readonly stat: Stat
  /** Undefined if the data are not read. */
  readonly data?: Buffer | null
}

/** The choice of those parts. */
interface TreeParts {
  /** True reads the data, too. */
  data?: boolean | undefined
}

/** Reads znodes with the names of their children. */
export interface ReadTree {
  /** Reads many of them; null for one that does not exist. A failure of one is that of all. */
  many(paths: readonly string[], options: BulkOptions & TreeParts): Promise<(TreeRead | null)[]>
  /** @throws NO_NODE. */
  one(path: string, options: RequestOptions & TreeParts): Promise<TreeRead>
}

const LISTING = {
  ...op.getChildren2,
  name: 'getChildren',
  noneOn: ErrorNumber.NO_NODE,
} as unknown as Shaped<Children | null>

/** Makes what reads znodes of a client. */
export function readTreeOf(zk: ZnodeOperations, requests: Requests): ReadTree {
  return {
    many: (paths, { data, ...options }) =>
      data ? withData(requests, paths, options) : readAll(requests, LISTING, paths, options),
    async one(path, { data, ...limits }) {
      if (!data) return zk.getChildren(path, limits)
      const znode = await zk.getData(path, limits)
      if (znode.stat.numChildren === 0) return { ...znode, children: [] }
      return { ...znode, children: (await zk.getChildren(path, limits)).children }
    },
  }
}

/** Reads znodes with their data, and lists those that have children. */
async function withData(
  requests: Requests,
  paths: readonly string[],
  options: BulkOptions,
): Promise<(TreeRead | null)[]> {
  const znodes = await readAll(requests, WHOLE_READ, paths, options)
  const parents = paths.filter((_, index) => (znodes[index]?.stat.numChildren ?? 0) > 0)
  const listings = parents.length > 0 ? await readAll(requests, LISTING, parents, options) : []
  let next = 0
  return znodes.map(znode => {
    if (znode === null) return null
    if (znode.stat.numChildren === 0) return { ...znode, children: [] }
    const listing = listings[next++]!
    // It was deleted between its two reads.
    return listing === null ? null : { ...znode, children: listing.children }
  })
}
