import { connect, type WriteOperation, type ZooKeeper } from '@zookit/client'
import {
  childName,
  nodePath,
  type Prepared,
  parentPath,
  ROOT,
  SCRATCH,
  WATCHED,
  watchedPath,
} from './stub/control.ts'

/** The number of writes in one transaction. */
const BATCH = 500

async function connected<T>(hosts: string, use: (zk: ZooKeeper) => Promise<T>): Promise<T> {
  const zk = await connect(hosts, { maxRequestSize: 16 * 1024 * 1024, maxResponseSize: 16 * 1024 * 1024 })
  try {
    return await use(zk)
  } finally {
    await zk.close()
  }
}

async function inBatches(
  zk: ZooKeeper,
  count: number,
  write: (index: number) => WriteOperation,
): Promise<void> {
  for (let start = 0; start < count; start += BATCH) {
    const size = Math.min(BATCH, count - start)
    await zk.multi(Array.from({ length: size }, (_, index) => write(start + index)))
  }
}

/** Creates the children of a parent, unless an earlier cell or run has created them. */
async function children(zk: ZooKeeper, parent: string, wanted: number): Promise<void> {
  await zk.ensurePath(parent)
  const { numChildren } = (await zk.exists(parent))!
  if (numChildren >= wanted) return
  if (numChildren > 0) await zk.removeTree(parent)
  await zk.ensurePath(parent)
  await inBatches(zk, wanted, index => ({ type: 'create', path: `${parent}/${childName(index)}` }))
}

/** Creates the znodes that a load needs. */
export function seed(hosts: string, { payload, children: count, watched }: Prepared): Promise<void> {
  return connected(hosts, async zk => {
    await zk.ensurePath(ROOT)
    await zk.ensurePath(SCRATCH)
    await zk.ensurePath(nodePath(payload))
    await zk.setData(nodePath(payload), Buffer.alloc(payload, 'x'))
    await children(zk, parentPath(count), count)
    await children(zk, WATCHED, watched)
  })
}

/** Changes the first `count` watched znodes. @returns the wall-clock time before, in milliseconds. */
export function fireWatches(hosts: string, count: number): Promise<number> {
  return connected(hosts, async zk => {
    const at = performance.timeOrigin + performance.now()
    await inBatches(zk, count, index => ({ type: 'setData', path: watchedPath(index), data: null }))
    return at
  })
}
