// `npx mocha` runs every test of the folder it starts in: of the whole repository, or of one package.
// `npx mocha FILE...` runs those files alone. Mocha adds the files of the command line to a configured `spec`, so this
// file sets `spec` only when the command line names none.

const { existsSync, readdirSync } = require('node:fs')
const { availableParallelism } = require('node:os')
const { join } = require('node:path')

const THIS_PACKAGE = ['test/**/*.test.ts']

/** Folders with tests, and the files, that take the longest: a browser, servers or programs of their own do most of their work. */
const LONGEST = [
  'packages/console/test/browser/accessible.test.ts',
  'packages/conformance/test',
  'packages/console/test/browser',
  '.ci/test/fragments.test.ts',
  '.ci/test/readme.test.ts',
  'examples/test',
  'packages/recipes/test/examples.test.ts',
  'packages/cli/test/scripts.test.ts',
  'packages/simulation/test',
  'packages/testing/test/foreign/foreign.test.ts',
  'packages/testing/test/differential.test.ts',
  'packages/recipes/test',
]

/** Returns the place of a file in the list of the longest: those begin first, for the end of a run waits for whatever is begun last. */
function placeOf(file) {
  const place = LONGEST.findIndex(start => file.startsWith(start))
  return place === -1 ? LONGEST.length : place
}

/** Lists the files of all tests, in the order in which they are begun. */
function everyPackage() {
  const packages = readdirSync(join(__dirname, 'packages')).map(name => `packages/${name}/test`)
  const folders = [...packages, 'test-fixtures/test', 'benchmarks/test', 'examples', '.ci/test']
  const files = folders
    .filter(folder => existsSync(join(__dirname, folder)))
    .flatMap(folder =>
      readdirSync(join(__dirname, folder), { recursive: true }).map(file =>
        `${folder}/${file}`.replaceAll('\\', '/'),
      ),
    )
    .filter(file => file.endsWith('.test.ts') && !file.includes('/node_modules/'))
  return files.sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))
}

const namesFiles = arg => !arg.startsWith('-') && (arg.includes('.test.ts') || existsSync(arg))

// A run of everything divides the files among processes; a run of named files stays in one, for a debugger's sake.
// Two processes more than there are cores, up to four: many tests wait, for a browser, a server or a program.
module.exports = {
  ...(process.argv.slice(2).some(namesFiles)
    ? {}
    : {
        spec: process.cwd() === __dirname ? everyPackage() : THIS_PACKAGE,
        parallel: true,
        jobs: Math.min(4, availableParallelism() + 2),
      }),
  // A folder on the command line stands for the tests in it and below.
  extension: ['test.ts'],
  recursive: true,
  'node-option': ['import=tsx', 'conditions=@zookit/source'],
  timeout: 30_000,
  ui: 'bdd',
}
