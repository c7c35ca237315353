// .ci/run calls this at its end with TITLE LOG for each step that failed: prints which tests failed in it, and why.

import { readFileSync } from 'node:fs'
import { failuresOf } from './source/failures.ts'

const [, , ...steps] = process.argv
for (let i = 0; i + 1 < steps.length; i += 2) {
  for (const line of failuresOf(readFileSync(steps[i + 1] as string, 'utf8')))
    console.log(`${steps[i]}: ${line}`)
}
