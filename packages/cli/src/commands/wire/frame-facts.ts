import type { DissectedField } from '@zookit/jute/dissect'

/** The xid of a heartbeat. */
export const PING_XID = -2

/** Finds the value of the first field of a name. */
export function fieldOf(fields: readonly DissectedField[], name: string): DissectedField['value'] {
  for (const field of fields) {
    if (field.name === name) return field.value
    const found = fieldOf(field.children, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Lists the paths that fields name. */
export function pathsOf(fields: readonly DissectedField[]): string[] {
  return fields.flatMap(({ name, value, children }) => [
    ...(name === 'path' && typeof value === 'string' ? [value] : []),
    ...pathsOf(children),
  ])
}

/** Returns the name of a reply's error, of a multi that of the first result that has one, or null. */
export function errorOf(fields: readonly DissectedField[]): string | null {
  for (const field of fields) {
    // Its err is no result: that of the header which ends a multi is always -1. The body of a failed operation has the error.
    if (field.type === 'MultiHeader') continue
    if (field.name === 'err' && field.value !== 0) return field.meaning || String(field.value)
    const found = errorOf(field.children)
    if (found !== null) return found
  }
  return null
}
