/**
 * Result of a read. After `cut` (the connection was lost), `busy` (a retryable error) and `failed` (another error) it is
 * made again; after `cut` mostly because everything is read again.
 */
export type Outcome = 'done' | 'absent' | 'cut' | 'busy' | 'failed'

/** A read of a znode. */
export interface ReadTask {
  readonly path: string
  /** `verify`: find out whether the znode is still in the known state. */
  readonly node: 'none' | 'verify' | 'read'
  /** True if its children must be listed. */
  readonly list: boolean
  /** The synchronisation that waits for it; 0 for none. */
  readonly epoch: number
  /** The length of the data in the known state, in bytes; -1 if there is none. */
  readonly knownLength: number
}

const NODE_READS = ['none', 'verify', 'read'] as const

/** The parts of a znode that are read by requests of their own, as bits. */
export const NODE = 1
export const LIST = 2
/** Both parts. */
export const WHOLE: number = NODE | LIST

/** Returns the parts that a read is to find out; 0 for no read. */
export function partsOf(task: ReadTask | null): number {
  if (task === null) return 0
  return (task.node === 'none' ? 0 : NODE) | (task.list ? LIST : 0)
}

/** Makes the read of a znode of which no synchronisation has to know. */
export function taskOf(path: string, node: ReadTask['node'], list: boolean): ReadTask {
  return { path, node, list, epoch: 0, knownLength: -1 }
}

/** Joins two reads of the same znode into one that does the work of both. */
export function mergeTasks(a: ReadTask, b: ReadTask): ReadTask {
  const node = NODE_READS[Math.max(NODE_READS.indexOf(a.node), NODE_READS.indexOf(b.node))]!
  return {
    path: a.path,
    node,
    list: a.list || b.list,
    epoch: Math.max(a.epoch, b.epoch),
    knownLength: Math.max(a.knownLength, b.knownLength),
  }
}
