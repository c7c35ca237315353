import assert from 'node:assert'

/** Checks a path. @throws AssertionError. */
export function validate(path: unknown): asserts path is string {
  assert(path && typeof path === 'string', 'the path must be a non-empty string')
  assert(path[0] === '/', 'the path must start with /')
  if (path === '/') return
  assert(!path.endsWith('/'), 'the path must not end with /')
  assert(!path.includes('//'), 'the path must not have an empty name in it')
  assert(!/\/\.\.?(\/|$)/.test(path), 'the path must not be a relative path: it has the name . or ..')
}
