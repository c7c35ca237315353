import type { Stat, ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { codeOf } from '../../program/errors.ts'

/** A znode with those below it. */
export interface Tree {
  readonly path: string
  /** Last part of the path. */
  readonly name: string
  readonly stat: Stat
  /** The children, in the order of their names. Empty below the depth that was asked for. */
  readonly children: readonly Tree[]
}

/**
 * Loads a tree. A znode that is deleted meanwhile is left out.
 *
 * @param depth levels below the root. Default all.
 * @throws NO_NODE if the root does not exist.
 */
export async function loadTree(
  zk: ZooKeeper,
  root: string,
  limits: Context['limits'],
  depth: number = Infinity,
): Promise<Tree> {
  const { children: names, stat } = await zk.getChildren(root, limits)
  const wanted = depth > 0 ? names.sort() : []
  const children = await Promise.all(
    wanted.map(name =>
      loadTree(zk, `${root === '/' ? '' : root}/${name}`, limits, depth - 1).catch(unlessGone),
    ),
  )
  return {
    path: root,
    name: root.slice(root.lastIndexOf('/') + 1),
    stat,
    children: children.filter(child => child !== null),
  }
}

function unlessGone(error: unknown): null {
  if (codeOf(error) === 'NO_NODE') return null
  throw error
}

/** Number of znodes and bytes of data. */
export interface Totals {
  readonly znodes: number
  readonly bytes: number
}

/** Adds a tree up, its root included. */
export function totalsOf(tree: Tree): Totals {
  const parts = tree.children.map(totalsOf)
  return {
    znodes: parts.reduce((sum, part) => sum + part.znodes, 1),
    bytes: parts.reduce((sum, part) => sum + part.bytes, tree.stat.dataLength),
  }
}
