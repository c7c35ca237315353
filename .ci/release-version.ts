// Makes a version of what has changed: `pnpm release:version 0.2.0`. Moves the files of `changes` and what is unreleased into a section of
// CHANGELOG.md, and gives every package the version. Commits nothing.

import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entriesOf, release } from './source/changes.ts'
import { ROOT, read } from './source/files.ts'
import { published } from './source/needed.ts'

const [version] = process.argv.slice(2)
if (version === undefined) throw new Error('name the version: release:version 0.2.0')

const files = readdirSync(join(ROOT, 'changes')).filter(name => name.endsWith('.md') && name !== 'README.md')
const entries = files.map(name => entriesOf(read(`changes/${name}`), `changes/${name}`))
const today = new Date().toISOString().slice(0, 10)
const changelog = release(read('CHANGELOG.md'), entries, version, today)

writeFileSync(join(ROOT, 'CHANGELOG.md'), changelog)
for (const name of files) rmSync(join(ROOT, 'changes', name))
for (const folder of published) {
  const file = `${folder}/package.json`
  const text = read(file).replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`)
  writeFileSync(join(ROOT, file), text)
}
console.log(`${version}: ${files.length} files of changes, ${published.length} packages`)
