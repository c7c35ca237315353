// Leads imports of sources to what was built of them: see .ci/source/built.ts.

export { load } from './hooks.mjs'

let built = {}

/** Takes the built files by the URLs of their sources. Called by Node. */
export function initialize(data) {
  built = data
}

/** Resolves a specifier: to the built file, if there is one. Called by Node. */
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context)
  const url = built[found.url]
  return url === undefined ? found : { ...found, url, format: 'module' }
}
