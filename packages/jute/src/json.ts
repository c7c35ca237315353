/** Copies an object for JSON, which has no 64-bit integers: they become decimal text. */
export function jsonOf(record: object): Record<string, unknown> {
  const entries = Object.entries(record)
  return Object.fromEntries(entries.map(([name, value]) => [name, jsonValue(value)]))
}

function jsonValue(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/**
 * Gives an object the method that `JSON.stringify` calls, so that a bigint becomes decimal text. The method is not
 * enumerable: copies and comparisons of the object do not see it.
 */
export function withJson<Value extends object>(value: Value): Value {
  return Object.defineProperty(value, 'toJSON', { value: toJSON })
}

function toJSON(this: object): Record<string, unknown> {
  return jsonOf(this)
}
