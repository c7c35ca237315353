import type { CreateFlag } from '@zookit/jute'

/**
 * The kind of znode to create. The server deletes an `ephemeral` znode when its session ends, a `container` after its
 * last child was deleted, and a `ttl` znode when it had no children and no change for its time to live. To the name of
 * a `sequential` znode it appends an increasing number of ten digits.
 */
export type CreateMode = keyof typeof CreateFlag

/** The modes in which the server appends a number to the name. */
export type SequentialMode = Extract<CreateMode, `${string}-sequential`>

/** The modes with a time to live. Servers refuse them unless `extendedTypesEnabled` is set. */
export type TtlMode = Extract<CreateMode, `ttl${string}`>

export function isSequential(mode: CreateMode): mode is SequentialMode {
  return mode.endsWith('-sequential')
}

export function isTtl(mode: CreateMode): mode is TtlMode {
  return mode === 'ttl' || mode === 'ttl-sequential'
}

export function isContainer(mode: CreateMode): mode is 'container' {
  return mode === 'container'
}
