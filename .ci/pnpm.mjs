// Runs pnpm in the version that `packageManager` of package.json names: `node .ci/pnpm.mjs ARGUMENTS`. Plain JavaScript, because it runs
// before anything is installed.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
// npx is a script for cmd.exe on Windows.
const { status, error } = spawnSync('npx', ['-y', packageManager, ...process.argv.slice(2)], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
if (error) throw error
process.exitCode = status ?? 1
