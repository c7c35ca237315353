// Prints the reference of docs/cli.md from the definitions of the program's commands, below the marker.
// With --check it only compares, and fails if the page is out of date.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadAll } from '../packages/cli/src/program/catalog.ts'
import { formatPage } from '../packages/cli/src/program/page.ts'

const PAGE = fileURLToPath(new URL('../docs/cli.md', import.meta.url))
const MARKER =
  '<!-- printed by `pnpm run generate:cli` from the definitions of the commands: edit those -->\n'

const text = readFileSync(PAGE, 'utf8')
const [intro] = text.split(MARKER)
const printed = `${intro}${MARKER}\n${formatPage(await loadAll())}`

if (!process.argv.includes('--check')) writeFileSync(PAGE, printed)
else if (printed !== text) {
  console.error('docs/cli.md is out of date: run `npx -y pnpm@12 run generate:cli`')
  process.exitCode = 1
}
