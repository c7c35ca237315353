// Refuses to publish the package in the working directory as long as it does not say where it comes from. npm and pnpm run it
// before they publish (`prepublishOnly`).

import { readFileSync } from 'node:fs'
import { publishFaults } from './source/publish.ts'

const faults = publishFaults(
  JSON.parse(readFileSync('package.json', 'utf8')),
  readFileSync('README.md', 'utf8'),
)
for (const fault of faults) console.error(fault)
if (faults.length > 0) console.error('not published: `pnpm run publish:fields` first, with ZOOKIT_REPOSITORY')
process.exitCode = faults.length === 0 ? 0 : 1
