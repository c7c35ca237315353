// What `util.inspect` and `console.log` print of a recipe: where it is, and what it holds or sees, in a line.

/** Tells where a recipe is. */
export function tellPath({ path }: { readonly path: string }): string {
  return path
}

/** Tells where the contenders of a lock are. */
export function tellPaths({ paths }: { readonly paths: readonly string[] }): string {
  return paths.join(', ')
}

/** Tells where a view is, and whether it may be out of date. */
export function tellView({ path, stale }: { readonly path: string; readonly stale: boolean }): string {
  return stale ? `${path}, stale` : path
}

/** Tells whether something is held, and by which token. */
export function tellHold({ held, token }: { readonly held: boolean; readonly token: bigint | null }): string {
  return `${held ? 'held' : 'not held'}, token ${token ?? 'none yet'}`
}

/** Tells where an ownership is, and whether it is held. */
export function tellHandle(handle: {
  readonly path: string
  readonly held: boolean
  readonly token: bigint | null
}): string {
  return `${handle.path}, ${tellHold(handle)}`
}
