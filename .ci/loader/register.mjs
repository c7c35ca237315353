// Loads TypeScript with nothing added: types are stripped. tsx adds a helper to each file, which keeps the names of
// functions: it would be counted as a branch of the source, and takes a tenth of the time of the fuzzer and of the simulation.

import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
