// Writes THIRD-PARTY.md: what the published packages need to run, with its licences. With --check it writes nothing, and fails
// if the page is out of date.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, read } from './source/files.ts'
import { needed } from './source/needed.ts'

const FILE = 'THIRD-PARTY.md'
const HEAD = '|---|---|---|\n'

const rows = [...needed.values()].map(
  ({ name, version, license }) => `| ${name} | ${version} | ${license} |\n`,
)
const page = read(FILE)
const wanted = page.slice(0, page.indexOf(HEAD) + HEAD.length) + rows.sort().join('')
if (!process.argv.includes('--check')) writeFileSync(join(ROOT, FILE), wanted)
else if (page !== wanted) {
  console.error(`${FILE} is out of date: npx -y pnpm@12 run third-party`)
  process.exitCode = 1
}
