/** Whether a UTF-16 unit may not appear in a path: what Java's client and server refuse. */
function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f || (unit >= 0x7f && unit <= 0x9f) || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0
  )
}

/** Whether the segment `path[start, end)` is a name: neither empty nor `.` nor `..`. */
function isName(path: string, start: number, end: number): boolean {
  const length = end - start
  if (length === 0) return false
  if (length > 2 || path.charCodeAt(start) !== 46) return true
  return length === 2 && path.charCodeAt(start + 1) !== 46
}

/** Whether a path is one that a znode can have. */
export function isValidPath(path: string): boolean {
  if (path.charCodeAt(0) !== 47) return false
  if (path.length === 1) return true
  let start = 1
  for (let i = 1; i < path.length; i++) {
    const unit = path.charCodeAt(i)
    if (unit === 47) {
      if (!isName(path, start, i)) return false
      start = i + 1
    } else if (isForbidden(unit)) {
      return false
    }
  }
  return isName(path, start, path.length)
}

/** The parent's path, `/` for a child of the root; null for a path without any slash or with a NUL. */
export function parentPath(path: string): string | null {
  const slash = path.lastIndexOf('/')
  if (slash === -1 || path.includes('\0')) return null
  return slash === 0 ? '/' : path.slice(0, slash)
}

/** What comes after the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A child's path. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

/** The suffix of a sequential znode: ten digits, and eleven characters once the counter is negative. */
export function sequenceSuffix(counter: number): string {
  const digits = String(Math.abs(counter))
  return counter < 0 ? `-${digits.padStart(9, '0')}` : digits.padStart(10, '0')
}
