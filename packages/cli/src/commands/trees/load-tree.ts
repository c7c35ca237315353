import type { Stat, ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { codeOf } from '../../program/errors.ts'
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

/** The requests that are in flight at a time: each answer has its own time limit, however large the tree is. */
const AT_ONCE = 500

/** A znode whose children are still to be loaded. */
interface Listed {
  readonly tree: Tree & { readonly children: Tree[] }
  readonly names: readonly string[]
}

interface Loading {
  readonly limits: Context['limits']
  /** Hears of znodes that must not be listed, which are left out. */
  readonly leftOut: LeftOut
  /** Levels below the root. Default all. */
  readonly depth?: number
}

/**
 * Loads a tree, level by level. A znode that is deleted meanwhile is left out.
 *
 * @throws NO_NODE if the root does not exist.
 */
export async function loadTree(
  zk: Pick<ZooKeeper, 'getChildren'>,
  root: string,
  { limits, leftOut, depth = Infinity }: Loading,
): Promise<Tree> {
  const unlessDenied = (path: string, error: unknown): null => {
    if (codeOf(error) === 'NO_AUTH') leftOut.add(path)
    else if (codeOf(error) !== 'NO_NODE') throw error
    return null
  }
  const top = listed(root, await zk.getChildren(root, limits))
  let level = [top]
  for (let left = depth; left > 0 && level.length > 0; left--) {
    const below = level.flatMap(({ tree, names }) =>
      names.map(name => ({ parent: tree, path: `${tree.path === '/' ? '' : tree.path}/${name}` })),
    )
    level = []
    for (let at = 0; at < below.length; at += AT_ONCE) {
      const part = below.slice(at, at + AT_ONCE)
      const listings = await Promise.all(
        part.map(({ path }) => zk.getChildren(path, limits).catch(error => unlessDenied(path, error))),
      )
      part.forEach(({ parent, path }, i) => {
        const listing = listings[i]
        if (!listing) return
        const child = listed(path, listing)
        parent.children.push(child.tree)
        level.push(child)
      })
    }
  }
  return top.tree
}

function listed(path: string, { children, stat }: { children: string[]; stat: Stat }): Listed {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return { tree: { path, name, stat, children: [] }, names: children.sort() }
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
