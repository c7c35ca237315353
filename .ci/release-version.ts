// Makes a version of what has changed: `pnpm release:version 0.2.0`. Moves the files of `changes` and what is unreleased into a section of
// CHANGELOG.md, and gives every package, and the pages that name it, the version. Commits nothing.

import { ROOT } from './source/files.ts'
import { published } from './source/needed.ts'
import { makeVersion } from './source/version.ts'

const [version] = process.argv.slice(2)
if (version === undefined) throw new Error('name the version: release:version 0.2.0')

const today = new Date().toISOString().slice(0, 10)
const { changes } = makeVersion(ROOT, published, version, today)
console.log(`${version}: ${changes} files of changes, ${published.length} packages`)
