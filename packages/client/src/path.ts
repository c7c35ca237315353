import type { WatchEvent } from '@zookit/connection'
import { withJson } from '@zookit/jute'
import { describe } from './checks.ts'
import { InvalidArgument } from './invalid-argument.ts'

/** The znode with the ensemble's configuration. It is outside every chroot: only getConfig and reconfig reach it there. */
export const CONFIG_PATH = '/zookeeper/config'

const SLASH = 0x2f
const DOT = 0x2e

/**
 * Matches a path that needs a closer look: it has a character beyond printable ASCII, an empty name, or a name that
 * starts with a dot. The path of every request is tested. The expression is faster than a loop over the characters, and
 * twice as fast for a concatenated string (`pnpm bench`).
 */
const UNUSUAL = /[^ -~]|\/(?:[./]|$)/

/** The options of `validatePath`. */
export interface PathOptions {
  /** True for a path to which the server appends ten digits: its last name may be empty or a dot. Default false. */
  readonly sequential?: boolean
}

/**
 * Checks a path by the server's rules. It starts with `/`, does not end with `/` unless it is the root, has no empty
 * name and none that is `.` or `..`, and contains no character of U+0000-001F, U+007F-009F, U+D800-F8FF (so none beyond
 * the basic plane) or U+FFF0-FFFF.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS, whose message has the reason and the index.
 */
export function validatePath(path: string, options?: PathOptions): void {
  if (typeof path === 'string' && path.charCodeAt(0) === SLASH && !UNUSUAL.test(path)) return
  inspect(path, options)
}

/** Refuses a value that cannot be an absolute path, without a look at its names. */
function checkStart(path: string): void {
  if (typeof path !== 'string') badPath(undefined, `it is not a string but ${describe(path)}`)
  if (path.charCodeAt(0) !== SLASH) badPath(path, path === '' ? 'it is empty' : 'it does not start with "/"')
}

function inspect(path: string, options: PathOptions | undefined): void {
  checkStart(path)
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === SLASH) {
      if (path.charCodeAt(i - 1) === SLASH) badPath(path, `empty name at index ${i}`)
    } else if (code === DOT) {
      checkDot(path, i, options)
    } else if (isForbidden(code)) {
      badPath(path, `the character ${codePoint(path, i)} at index ${i} is not allowed`)
    }
  }
  if (path.length > 1 && path.endsWith('/') && options?.sequential !== true) badPath(path, 'it ends with "/"')
}

/** Refuses the names `.` and `..`, if the dot at `i` is the end of one. */
function checkDot(path: string, i: number, options: PathOptions | undefined): void {
  const last = i + 1 === path.length
  if (last ? options?.sequential === true : path.charCodeAt(i + 1) !== SLASH) return
  const before = path.charCodeAt(i - 1)
  if (before === SLASH || (before === DOT && path.charCodeAt(i - 2) === SLASH)) {
    badPath(path, `relative name at index ${i}`)
  }
}

function isForbidden(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xf8ff) || code >= 0xfff0
}

/** Names the whole character at an index, also if it takes two code units: `U+1F600`. */
function codePoint(path: string, index: number): string {
  return `U+${path.codePointAt(index)!.toString(16).toUpperCase().padStart(4, '0')}`
}

function badPath(path: string | undefined, reason: string): never {
  throw new InvalidArgument(`invalid path: ${reason}`, undefined, path)
}

/**
 * Joins `base` and the segments below it to one path. Each segment is one name: a segment that is empty, `.` or `..`, or
 * contains a `/`, is refused. A name from an untrusted source therefore cannot lead out of `base` or to another depth.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function joinPath(base: string, ...segments: string[]): string {
  validatePath(base)
  let path = base
  for (const segment of segments) {
    const fault = segmentFault(segment)
    const whole = typeof segment === 'string' ? `${path}/${segment}` : path
    if (fault !== null) badPath(whole, `the segment ${describe(segment)} ${fault}`)
    path = path === '/' ? `/${segment}` : `${path}/${segment}`
  }
  validatePath(path)
  return path
}

function segmentFault(segment: string): string | null {
  if (typeof segment !== 'string') return 'is not a string'
  if (segment === '') return 'is empty'
  if (segment.includes('/')) return 'has a "/"'
  if (segment === '.' || segment === '..') return 'is relative'
  return null
}

/**
 * Returns the path of the parent: `/a` for `/a/b`, `/` for `/a`, null for the root.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function parentOf(path: string): string | null {
  checkStart(path)
  if (path === '/') return null
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/**
 * Returns the last name of a path: `b` for `/a/b`, and `''` for the root.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function nameOf(path: string): string {
  checkStart(path)
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * The path that stands before all paths of a client. A chroot is a way of naming. It is no protection: use ACLs for
 * that.
 */
export class Chroot {
  /** The chroot, such as `/app`, or `''` for none. */
  readonly path: string

  /**
   * @param path the chroot; `''` and `/` mean none.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(path: string) {
    if (path !== '') validatePath(path)
    this.path = path === '/' ? '' : path
  }

  /** Turns a client's path into the server's. */
  add(path: string): string {
    if (this.path === '') return path
    return path === '/' ? this.path : this.path + path
  }

  /** Turns a client's paths into the server's. The list may be the same one. */
  addAll(paths: readonly string[]): readonly string[] {
    return this.path === '' ? paths : paths.map(path => this.add(path))
  }

  /**
   * Turns the path of a sequential create into the server's. For `/` the result is `/app/`. With the result of `add` the
   * server would create a sibling of the chroot, `/app0000000001`.
   */
  addPrefix(path: string): string {
    return this.path + path
  }

  /**
   * Turns a server's path into the client's. Returns a path outside the chroot unchanged: `/zookeeper/config`, or
   * `/apple` with the chroot `/app`.
   */
  strip(path: string): string {
    if (!this.contains(path)) return path
    return path.length === this.path.length ? '/' : path.slice(this.path.length)
  }

  /** Turns a server's event into the client's. */
  stripEvent<Event extends WatchEvent>(event: Event): Event {
    if (this.path === '') return event
    const stripped = { ...event, path: this.strip(event.path) }
    if (stripped.type === 'lost' && stripped.error.path === event.path)
      stripped.error = stripped.error.withPath(stripped.path)
    return 'zxid' in stripped ? withJson(stripped) : stripped
  }

  /** Returns true if a server's path is the chroot or below it. Without a chroot that is every path. */
  contains(path: string): boolean {
    const { length } = this.path
    return path.startsWith(this.path) && (path.length === length || path[length] === '/')
  }
}
