/**
 * Formats a number of things: `1 znode`, `2 znodes`, `0 children`.
 *
 * @param many the plural, where it is not the singular with an s.
 */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
