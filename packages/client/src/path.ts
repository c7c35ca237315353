import { ZooKeeperError } from '@zookit/connection'

/** The node that holds the ensemble's configuration. It is outside every chroot and reached through any. */
export const CONFIG_PATH = '/zookeeper/config'

const SLASH = 0x2f
const DOT = 0x2e

/**
 * What needs a closer look: a character beyond printable ASCII, an empty name, one that starts with a dot. Every
 * request's path is tested; this is quicker than a loop over the characters, twice so for a concatenated string.
 */
const UNUSUAL = /[^ -~]|\/(?:[./]|$)/

/** Which paths pass. */
export interface PathOptions {
  /** The server appends ten digits, so the last name may be empty or a dot: `/jobs/`. Default false. */
  readonly sequential?: boolean
}

/**
 * Checks a path as the server does: it starts with `/`, has no empty, `.` or `..` name, does not end with `/`
 * (but for the root itself), and has no U+0000-001F, U+007F-009F, U+D800-F8FF (hence nothing beyond the basic
 * plane) or U+FFF0-FFFF.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS, which names the reason and the index.
 */
export function validatePath(path: string, options?: PathOptions): void {
  if (typeof path === 'string' && path.charCodeAt(0) === SLASH && !UNUSUAL.test(path)) return
  inspect(path, options)
}

function inspect(path: string, options: PathOptions | undefined): void {
  if (typeof path !== 'string') badPath(String(path), 'it is not a string')
  if (path.charCodeAt(0) !== SLASH) badPath(path, path === '' ? 'it is empty' : 'it does not start with "/"')
  for (let i = 1; i < path.length; i++) {
    const code = path.charCodeAt(i)
    if (code === SLASH) {
      if (path.charCodeAt(i - 1) === SLASH) badPath(path, `empty name at index ${i}`)
    } else if (code === DOT) {
      checkDot(path, i, options)
    } else if (isForbidden(code)) {
      badPath(path, `the character U+${code.toString(16).toUpperCase().padStart(4, '0')} at index ${i}`)
    }
  }
  if (path.length > 1 && path.endsWith('/') && options?.sequential !== true) badPath(path, 'it ends with "/"')
}

/** Refuses the names `.` and `..`, which the dot at `i` ends if a name ends there. */
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

function badPath(path: string, reason: string): never {
  throw new ZooKeeperError('BAD_ARGUMENTS', { message: `invalid path: ${reason}`, path, outcome: 'not-sent' })
}

/**
 * `base` and the segments below it as one path. Each segment is one name: a segment with a `/`, an empty one,
 * `.` and `..` are refused, so that a name from elsewhere cannot lead out of `base` or deeper than meant.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function joinPath(base: string, ...segments: string[]): string {
  validatePath(base)
  let path = base
  for (const segment of segments) {
    const fault = segmentFault(segment)
    if (fault !== null) badPath(`${path}/${segment}`, `the segment ${JSON.stringify(segment)} ${fault}`)
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

/** The path of the node above: `/a` for `/a/b`, `/` for `/a`; null for the root. */
export function parentOf(path: string): string | null {
  if (path === '/') return null
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** The last name of the path: `b` for `/a/b`; empty for the root. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * The path that all of a client's paths are relative to. A way of naming, not of keeping anybody out: what a
 * client may do is for ACLs to say.
 */
export class Chroot {
  /** Such as `/app`; `''` for none. */
  readonly path: string

  /**
   * @param path `''` and `/` stand for none.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(path: string) {
    if (path !== '') validatePath(path)
    this.path = path === '/' ? '' : path
  }

  /** The server's name for a client's path. `/zookeeper/config` is the same for both. */
  add(path: string): string {
    if (this.path === '' || path === CONFIG_PATH) return path
    return path === '/' ? this.path : this.path + path
  }

  /**
   * As `add`, for a path that the server completes (a sequential create). For `/` this is `/app/`, where `add`
   * would have the node made beside the chroot: `/app0000000001`. It knows no exception for `/zookeeper/config`.
   */
  addPrefix(path: string): string {
    return this.path + path
  }

  /**
   * The client's name for a server's path. A path outside the chroot, such as `/zookeeper/config` or, under
   * `/app`, `/apple`, is left as it is.
   */
  strip(path: string): string {
    if (!this.contains(path)) return path
    return path.length === this.path.length ? '/' : path.slice(this.path.length)
  }

  /** Whether a server's path is the chroot or below it; every path is below none. */
  contains(path: string): boolean {
    const { length } = this.path
    return path.startsWith(this.path) && (path.length === length || path[length] === '/')
  }
}
