import { parentOf } from '@zookit/client'
import type { ReadTask } from './read-task.ts'

/** The part of a tree that is mirrored. */
export interface ShapeSettings {
  /** The number of levels below the root: 0 is the root alone. */
  readonly depth: number
  /** True if the root itself is among the znodes. */
  readonly holdsRoot: boolean
  /** Says whether a znode, and what is below it, is wanted. Not asked for the root. */
  readonly select: ((path: string) => boolean) | undefined
}

/** The part of a tree that is mirrored. */
export class TreeShape {
  readonly #root: string
  readonly #rootLevel: number
  readonly #settings: ShapeSettings
  readonly #onError: (error: unknown, path: string) => void

  /** @param onError is told what `select` throws; that znode is not wanted. */
  constructor(root: string, settings: ShapeSettings, onError: (error: unknown, path: string) => void) {
    this.#root = root
    this.#rootLevel = levelOf(root)
    this.#settings = settings
    this.#onError = onError
  }

  /** Says whether a znode itself is among those that are mirrored, not only what is below it. */
  holds(path: string): boolean {
    return path !== this.#root || this.#settings.holdsRoot
  }

  /** Says whether the children of a znode are mirrored. */
  hasLevelBelow(path: string): boolean {
    const { depth } = this.#settings
    return depth === Infinity || levelOf(path) - this.#rootLevel < depth
  }

  /** Returns the way in which the node of a path is read whose state is not known. */
  nodeRead(path: string): 'none' | 'read' {
    return this.holds(path) ? 'read' : 'none'
  }

  /**
   * Makes the read of a znode for a synchronisation, which reads those below it as well.
   *
   * @param knownLength see ReadTask.
   * @returns null if there is nothing to read.
   */
  scanOf(path: string, knownLength: number, epoch: number): ReadTask | null {
    const node = knownLength >= 0 ? 'verify' : this.nodeRead(path)
    const list = this.hasLevelBelow(path)
    return node === 'none' && !list ? null : { path, node, list, epoch, knownLength }
  }

  /** Says whether the path of an event is one of those that are mirrored. */
  includes(path: string): boolean {
    if (levelOf(path) - this.#rootLevel > this.#settings.depth) return false
    if (this.#settings.select === undefined) return true
    for (let at = path; at !== this.#root; at = parentOf(at)!) if (!this.isSelected(at)) return false
    return true
  }

  isSelected(path: string): boolean {
    try {
      return this.#settings.select?.(path) ?? true
    } catch (error) {
      this.#onError(error, path)
      return false
    }
  }
}

/** Counts the levels below `/`. */
function levelOf(path: string): number {
  if (path === '/') return 0
  let level = 0
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) level++
  return level
}
