import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../source/files.ts'
import { type Result, runAll } from './result.ts'

/** One test runner with one kind of test file. */
interface Runner {
  name: string
  /** True where the runner is no dependency of this repository. */
  isFetched: boolean
  type: 'module' | 'commonjs'
  file: string
  /** The beginning of the test file: where `test` comes from, and how the packages are loaded. */
  head: string
  /** More files of the project. */
  files?: Record<string, string>
  /** Returns the arguments of Node. */
  args: () => readonly string[]
}

const BODY = `
test('holds a lock', async () => {
  const server = await TestServer.start()
  const zk = await connect(server.hosts)
  const lock = await new Mutex(zk, '/locks/a').acquire()
  await lock.guard(zk.transaction().create('/done', Buffer.from('x'))).commit()
  await lock.release()
  const error = await zk.getData('/none').catch(error => error)
  assert.equal(ZooKeeperError.is(error), true)
  assert.equal(error.code, 'NO_NODE')
  for await (const each of zk.walk('/')) assert.equal(typeof each.path, 'string')
  await zk.removeTree('/locks')
  await zk.close()
  await server.stop()
})
`

const REQUIRED = `
const assert = require('node:assert')
const { connect, ZooKeeperError } = require('@zookit/client')
const { Mutex } = require('@zookit/recipes')
const { TestServer } = require('@zookit/testing')
`

const IMPORTED = `
import assert from 'node:assert'
import { connect, ZooKeeperError } from '@zookit/client'
import { Mutex } from '@zookit/recipes'
import { TestServer } from '@zookit/testing'
`

const own = (...path: string[]): string => join(ROOT, 'node_modules', ...path)
const VITEST = join(ROOT, 'packages/testing/node_modules/vitest/vitest.mjs')

/** Returns the folder with Jest and ts-jest. They are fetched once a machine. */
function jest(): string {
  const folder = join(tmpdir(), 'zookit-jest', 'node_modules')
  if (existsSync(join(folder, 'ts-jest'))) return folder
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, '../package.json'), '{}')
  const packages = ['jest@30', 'ts-jest@29', 'typescript@5.9']
  const options = ['install', '--silent', '--no-audit', '--no-fund', ...packages]
  execFileSync('npm', options, { cwd: join(folder, '..'), stdio: 'pipe' })
  return folder
}

const jestArgs = (config: string): readonly string[] => [join(jest(), 'jest/bin/jest.js'), '--config', config]

export const runners: readonly Runner[] = [
  {
    name: 'node:test, import',
    isFetched: false,
    type: 'module',
    file: 'lock.test.js',
    head: `import { test } from 'node:test'\n${IMPORTED}`,
    args: () => ['--test', 'lock.test.js'],
  },
  {
    name: 'node:test, require',
    isFetched: false,
    type: 'commonjs',
    file: 'lock.test.js',
    head: `const { test } = require('node:test')\n${REQUIRED}`,
    args: () => ['--test', 'lock.test.js'],
  },
  {
    name: 'mocha, require',
    isFetched: false,
    type: 'commonjs',
    file: 'lock.test.js',
    head: `const test = it\n${REQUIRED}`,
    args: () => [own('mocha/bin/mocha.js'), '--no-config', 'lock.test.js'],
  },
  {
    name: 'vitest',
    isFetched: false,
    type: 'module',
    file: 'lock.test.ts',
    head: `import { test } from 'vitest'\n${IMPORTED}`,
    args: () => [VITEST, 'run'],
  },
  {
    name: 'Jest, CommonJS (its default)',
    isFetched: true,
    type: 'commonjs',
    file: 'lock.test.js',
    head: REQUIRED,
    args: () => jestArgs('{}'),
  },
  {
    name: 'ts-jest, CommonJS',
    isFetched: true,
    type: 'commonjs',
    file: 'lock.test.ts',
    head: `${IMPORTED}declare function test(name: string, body: () => Promise<void>): void\n`,
    files: { 'tsconfig.json': JSON.stringify(nestOptions()) },
    args: () => jestArgs(JSON.stringify({ transform: { '\\.ts$': join(jest(), 'ts-jest') } })),
  },
]

/** Returns the compiler's options that NestJS 10 gives a new project, with all checks. */
function nestOptions(): unknown {
  return {
    compilerOptions: {
      module: 'commonjs',
      target: 'ES2021',
      esModuleInterop: true,
      strict: true,
      skipLibCheck: false,
    },
  }
}

/** Runs a test file with a runner, in a project of its kind. */
export function tryRunner(project: string, runner: Runner): Result {
  const files: Record<string, string> = {
    'package.json': JSON.stringify({ type: runner.type }),
    [runner.file]: runner.head + BODY,
    ...runner.files,
  }
  for (const file of ['out', 'main.ts', 'tsconfig.json', 'lock.test.js', 'lock.test.ts'])
    rmSync(join(project, file), { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
  return runAll(project, runner.args())
}
