// pnpm scenarios
//
// Loads every test without running it, and prints each scenario of docs/scenarios.md that has no test which bears its id
// on a target that it applies to. Exits with 1 if there is one.

import { findTargets } from '@zookit/test-fixtures'
import Mocha from 'mocha'
import { filesThat, ROOT, read } from './source/files.ts'
import { scenarioFaults, scenariosOf, titlesBelow } from './source/scenarios.ts'

process.chdir(ROOT)
const mocha = new Mocha()
for (const file of filesThat(/^(packages\/[^/]+|test-fixtures|benchmarks|\.ci)\/test\/.*\.test\.ts$/))
  mocha.addFile(`${ROOT}/${file}`)
await mocha.loadFilesAsync()
const scenarios = scenariosOf(read('docs/scenarios.md'))
const targets = (await findTargets()).map(({ name }) => name)
const faults = scenarioFaults(scenarios, titlesBelow(mocha.suite), targets)
const on = targets.length === 0 ? 'no real server was found' : `real servers: ${targets.join(', ')}`
console.log(
  `${scenarios.length} scenarios, ${scenarios.filter(({ real }) => real).length} on real servers too; ${on}`,
)
for (const fault of faults) console.log(fault)
console.log(faults.length === 0 ? 'nothing is missing' : `${faults.length} missing`)
// A file of tests may have opened something that its last test closes.
process.exit(faults.length === 0 ? 0 : 1)
