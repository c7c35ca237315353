// Prints packages/jute/src/generated from the files beside it.
//
//   pnpm generate          writes the files
//   pnpm generate:check    exits with 1 where a file differs from what would be written

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { printLayouts, printOperationLayouts } from './printers/layouts.ts'
import { printMulti, printMultiLayouts } from './printers/multi.ts'
import { printOperations } from './printers/operations.ts'
import { printRecords } from './printers/records.ts'
import { loadSpec, type Spec } from './printers/spec.ts'
import { printConstants, printErrors } from './printers/tables.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const NOTICE =
  '// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.\n\n'

const FILES: Record<string, (spec: Spec) => string> = {
  'packages/jute/src/generated/records.ts': printRecords,
  'packages/jute/src/generated/operations.ts': printOperations,
  'packages/jute/src/generated/multi.ts': printMulti,
  'packages/jute/src/generated/multi-layouts.ts': printMultiLayouts,
  'packages/jute/src/generated/layouts.ts': printLayouts,
  'packages/jute/src/generated/operation-layouts.ts': printOperationLayouts,
  'packages/jute/src/generated/errors.ts': printErrors,
  'packages/jute/src/generated/constants.ts': printConstants,
}

/** Formats the text as the linter demands it, so that printed files look like the others. */
function format(path: string, text: string): string {
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url))
  const args = ['check', '--write', `--stdin-file-path=${path}`]
  return execFileSync(biome, args, { cwd: ROOT, input: text, encoding: 'utf8' })
}

function main(check: boolean): void {
  const spec = loadSpec()
  let stale = 0
  for (const [path, print] of Object.entries(FILES)) {
    const file = `${ROOT}${path}`
    const text = format(path, `${NOTICE}${print(spec)}\n`)
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
    stale++
    if (check) console.error(`${path} is not what protocol-spec says: run pnpm generate`)
    else writeFileSync(file, text)
  }
  console.log(check ? `${Object.keys(FILES).length - stale} files as specified` : `${stale} files written`)
  if (check && stale > 0) process.exitCode = 1
}

main(process.argv.includes('--check'))
