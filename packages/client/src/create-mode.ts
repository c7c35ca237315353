import type { CreateFlag } from '@zookit/jute'

/**
 * What kind of node to create. `ephemeral` ones go with their session; the server appends an increasing
 * ten-digit number to the name of `sequential` ones; a `container` goes when its last child has gone; a `ttl`
 * node goes when it has had no children and no change for its time to live.
 */
export type CreateMode = keyof typeof CreateFlag

/** The modes in which the server completes the name. */
export type SequentialMode = Extract<CreateMode, `${string}-sequential`>

/** The modes that take a time to live. Servers refuse them unless `extendedTypesEnabled` is set. */
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
