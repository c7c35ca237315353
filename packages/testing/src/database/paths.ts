/** Tells if a UTF-16 unit is forbidden in a path, as in Apache's client and server. */
function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f || (unit >= 0x7f && unit <= 0x9f) || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0
  )
}

/** Tells if the segment `path[start, end)` is a name: neither empty nor `.` nor `..`. */
function isName(path: string, start: number, end: number): boolean {
  const length = end - start
  if (length === 0) return false
  if (length > 2 || path.charCodeAt(start) !== 46) return true
  return length === 2 && path.charCodeAt(start + 1) !== 46
}

/** Tells if a znode can have this path. No znode has null, which a request can send. */
export function isValidPath(path: string | null): path is string {
  if (path === null) return false
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

/** Returns the path of the parent; null for a path that has no slash or has a NUL. */
export function parentPath(path: string): string | null {
  const slash = path.lastIndexOf('/')
  if (slash === -1 || path.includes('\0')) return null
  return slash === 0 ? '/' : path.slice(0, slash)
}

/** Returns the name: the part after the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Returns the path of a child. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

/** Returns the suffix of a sequential znode: ten digits, or a minus and nine or ten digits for a negative counter. */
export function sequenceSuffix(counter: number): string {
  const digits = String(Math.abs(counter))
  return counter < 0 ? `-${digits.padStart(9, '0')}` : digits.padStart(10, '0')
}
