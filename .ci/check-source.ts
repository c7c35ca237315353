// Judges our own sources by the rules that Biome cannot express (source/rules.ts), and fails if it breaks one.

import { filesThat, read } from './source/files.ts'
import {
  crowdedFolders,
  errorsByClass,
  questioningDocstrings,
  type Source,
  twoWayFolders,
} from './source/rules.ts'

const sources: Source[] = filesThat(/\.[cm]?[jt]sx?$/)
  .filter(path => !path.includes('/generated/'))
  .map(path => ({ path, text: read(path) }))

const pages: Source[] = filesThat(/\.md$/).map(path => ({ path, text: read(path) }))

const faults = [
  ...crowdedFolders(sources),
  ...twoWayFolders(sources),
  ...questioningDocstrings(sources),
  ...errorsByClass([...sources, ...pages]),
]
for (const fault of faults) console.error(fault)
console.error(`${sources.length} files checked, ${faults.length} faults`)
process.exitCode = faults.length > 0 ? 1 : 0
