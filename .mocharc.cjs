// `npx mocha` runs every test of the folder it starts in: of the whole repository, or of one package.
// `npx mocha FILE...` runs those files alone. Mocha adds the files of the command line to a configured `spec`, so this
// file sets `spec` only when the command line names none.

const { existsSync } = require('node:fs')
const { availableParallelism } = require('node:os')

const EVERY_PACKAGE = [
  'packages/*/test/**/*.test.ts',
  'test-fixtures/test/**/*.test.ts',
  'benchmarks/test/**/*.test.ts',
  'examples/**/*.test.ts',
  '.ci/test/**/*.test.ts',
]
const THIS_PACKAGE = ['test/**/*.test.ts']

const namesFiles = arg => !arg.startsWith('-') && (arg.includes('.test.ts') || existsSync(arg))

// A run of everything divides the files among processes; a run of named files stays in one, for a debugger's sake.
module.exports = {
  ...(process.argv.slice(2).some(namesFiles)
    ? {}
    : {
        spec: process.cwd() === __dirname ? EVERY_PACKAGE : THIS_PACKAGE,
        parallel: true,
        jobs: Math.min(4, availableParallelism()),
      }),
  // A folder on the command line stands for the tests in it and below.
  extension: ['test.ts'],
  recursive: true,
  'node-option': ['import=tsx', 'conditions=@zookit/source'],
  timeout: 30_000,
  ui: 'bdd',
}
