/** The form of a handle for JSON, which has no 64-bit integers: they become decimal text. */
export interface HandleJson {
  readonly held: boolean
  readonly token: string
}

/** Makes the form of a handle for JSON: what it owns, whether it holds it, and its token. */
export function handleJson<Subject extends object>(
  { held, token }: { readonly held: boolean; readonly token: bigint },
  subject: Subject,
): Subject & HandleJson {
  return { ...subject, held, token: String(token) }
}

/** Gives an object the method that `JSON.stringify` calls, not enumerable, so that its bigints become decimal text. */
export function withJson<Value extends object>(value: Value): Value {
  return Object.defineProperty(value, 'toJSON', { value: toJSON })
}

function toJSON(this: object): object {
  const entries = Object.entries(this)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value]),
  )
}
