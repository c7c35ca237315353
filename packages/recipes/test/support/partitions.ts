import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { type Partition, Partitioner, type PartitionerOptions } from '../../src/index.ts'
import { abortOf, type TestBed, until } from './test-bed.ts'

export const PATH = '/partitions/feed'
export const NAMES = Array.from({ length: 12 }, (_, index) => `part-${index}`)

export function partitionerOf(zk: ZooKeeper, options: Partial<PartitionerOptions> = {}): Partitioner {
  return new Partitioner(zk, PATH, { partitions: NAMES, settle: 20, jitter: 0, ...options })
}

/** Returns the names of a member's partitions. */
export function namesOf({ current }: Partitioner): string[] {
  return current.partitions.map(({ name }) => name).sort()
}

/** Returns the owners by the locks at the server: the number of contenders of each partition. */
export function lockedOf(bed: TestBed): string[] {
  return bed.names(`${PATH}/partitions`).filter(name => name.includes('/'))
}

export async function members(
  bed: TestBed,
  count: number,
  options: Partial<PartitionerOptions> = {},
): Promise<Partitioner[]> {
  const zks = await Promise.all(Array.from({ length: count }, () => bed.client()))
  return zks.map((zk, index) => partitionerOf(zk, { member: `m${index}`, ...options }))
}

/** Releases the partitions that are asked for, at once. */
export function obey(partitioner: Partitioner): Partitioner {
  const known = new Set<Partition>()
  void (async () => {
    for await (const { partitions } of partitioner.changes()) {
      for (const one of partitions) {
        if (known.has(one)) continue
        known.add(one)
        void abortOf(one.signal).then(() => one.release().catch(() => {}))
      }
    }
  })()
  return partitioner
}

export async function allAcquired(partitioners: readonly Partitioner[], names = NAMES): Promise<void> {
  const isEven = (): boolean => {
    const count = partitioners.length
    const views = partitioners.map(({ current }) => current)
    return (
      views.every(view => view.state === 'acquired' && view.members.length === count) &&
      views.reduce((sum, view) => sum + view.partitions.length, 0) === names.length
    )
  }
  await until('all is divided', isEven)
  const all = partitioners.flatMap(namesOf)
  expect(all.sort()).to.deep.equal([...names].sort())
}
