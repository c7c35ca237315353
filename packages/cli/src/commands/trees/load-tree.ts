import { parentOf, type Stat, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import type { LeftOut } from './left-out.ts'

/** A znode with those below it. */
export interface Tree {
  readonly path: string
  /** Last part of the path. */
  readonly name: string
  readonly stat: Stat
  /** The children, in the order of their names. Empty below the depth that was asked for. */
  readonly children: readonly Tree[]
}

interface Loading {
  readonly limits: Context['limits']
  /** Hears of znodes that must not be listed, which are left out. */
  readonly leftOut: LeftOut
  /** Levels below the root. Default all. */
  readonly depth?: number
}

/**
 * Loads a tree. A znode that is deleted meanwhile is left out.
 *
 * @throws NO_NODE if the root does not exist.
 */
export async function loadTree(
  zk: Pick<ZooKeeper, 'walk'>,
  root: string,
  { limits, leftOut, depth = Infinity }: Loading,
): Promise<Tree> {
  /** The znode of the last visit and those above it, the root first. */
  const line: (Tree & { readonly children: Tree[] })[] = []
  for await (const { path, stat } of zk.walk(root, { ...limits, maxDepth: depth, onDenied: leftOut.add })) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const tree = { path, name, stat, children: [] }
    const parent = parentOf(path)
    while (line.length > 1 && line.at(-1)!.path !== parent) line.pop()
    line.at(-1)?.children.push(tree)
    line.push(tree)
  }
  return line[0]!
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
