/** What a server process can be told on its stdin; each line is answered with a `ServerAnswer`. */
export interface Control {
  /** What the answers hold from now on. */
  prepare?: Prepared
  /** Fires a data watch on each of the first so many watched nodes. */
  fire?: number
  /** Closes every connection; its sessions live on. */
  drop?: boolean
  /** Collects garbage, and says how much memory is in use: the in-memory server only. */
  measure?: boolean
}

/** The nodes that a load needs. */
export interface Prepared {
  /** The size of a node's data, in bytes. */
  payload: number
  /** The number of children that getChildren finds. */
  children: number
  /** The number of nodes that watches are put on. */
  watched: number
}

/** What a server process says: its port when it starts, and its CPU time so far (in microseconds) each time. */
export interface ServerAnswer {
  port: number
  user: number
  system: number
  /** The resident set, in bytes. */
  rss?: number
  /** JavaScript's heap and its buffers, in bytes. */
  heap?: number
  error?: string
}

/** Where the loads do their work. */
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
