/** A command for a server process, a line on its stdin. It answers each with a `ServerAnswer`. */
export interface Control {
  /** The contents of later replies. */
  prepare?: Prepared
  /** Fires a data watch on each of that many watched znodes. */
  fire?: number
  /** Closes every connection; the sessions live on. */
  drop?: boolean
  /** Collects garbage and reports the memory in use: in-memory server only. */
  measure?: boolean
}

/** The znodes that a load needs. */
export interface Prepared {
  /** The size of a znode's data, in bytes. */
  payload: number
  /** The number of children that getChildren lists. */
  children: number
  /** The number of watched znodes. */
  watched: number
}

/** The answer of a server process: its port after the start, and always its CPU time so far, in microseconds. */
export interface ServerAnswer {
  port: number
  user: number
  system: number
  /** The wall-clock time before it carried the command out, in milliseconds. */
  at: number
  /** The resident set, in bytes. */
  rss?: number
  /** JavaScript's heap and its buffers, in bytes. */
  heap?: number
  error?: string
}

/** The path below which all loads work. */
export const ROOT = '/bench'
export function nodePath(payload: number): string {
  return `${ROOT}/node-${payload}`
}

export function parentPath(children: number): string {
  return `${ROOT}/parent-${children}`
}

export const SCRATCH = '/bench/scratch'
export const WATCHED = '/bench/watched'

export function childName(index: number): string {
  return `child-${String(index).padStart(6, '0')}`
}

export function watchedPath(index: number): string {
  return `${WATCHED}/${childName(index)}`
}
