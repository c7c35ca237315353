// Loads TypeScript for a run whose coverage is measured: types are stripped and nothing is added. (tsx adds a helper to
// each file, which keeps the names of functions and would be counted as a branch of the source.)

import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
