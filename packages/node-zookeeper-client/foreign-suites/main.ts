// Runs packages that depend on node-zookeeper-client, as npm installs them, on this package through the alias:
// `pnpm dependents [--only NAME] [--keep]`. Ends with 1 if one of them sees anything else than with the original package.
import { parseArgs } from 'node:util'
import { findTargets } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { PROGRAMS, type Program, TESTED, type TestedPackage } from './dependents.ts'
import { Project } from './project.ts'
import { runProgram, runTests, type Tests } from './runs.ts'

/** A kind of server. Each run gets one of its own. */
interface ServerKind {
  readonly name: string
  start(): Promise<{ readonly hosts: string; stop(): Promise<void> }>
}

const [target] = await findTargets()
const IN_MEMORY: ServerKind = { name: 'in-memory', start: () => TestServer.start() }
const KINDS: readonly ServerKind[] = target
  ? [IN_MEMORY, { name: target.name, start: () => target.startServer() }]
  : [IN_MEMORY]

async function on<Result>(kind: ServerKind, run: (hosts: string) => Promise<Result>): Promise<Result> {
  const server = await kind.start()
  try {
    return await run(server.hosts)
  } finally {
    await server.stop()
  }
}

/** Tries a program. @returns what is wrong, or null. */
async function tryProgram(program: Program, original: Project, alias: Project): Promise<string | null> {
  const expected = await on(IN_MEMORY, hosts => runProgram(original, program, hosts))
  if (expected.code !== 0) return `fails with the original package:\n${expected.printed}`
  for (const kind of KINDS) {
    const { code, printed } = await on(kind, hosts => runProgram(alias, program, hosts))
    if (code !== 0 || printed !== expected.printed)
      return `differs on ${kind.name}:\n${printed}\nthe original:\n${expected.printed}`
    console.log(
      `${program.name} ${program.version} (${program.tries}) on ${kind.name}: ${printed.split('\n').length} lines as with the original`,
    )
  }
  return null
}

/** The number of further runs of tests that fail now and then, with the original too. */
const MORE_RUNS = 2

/** Runs the tests of a package. @returns what is wrong, or null. */
async function tryTests(tested: TestedPackage, original: Project, alias: Project): Promise<string | null> {
  for (const [library, project] of [
    ['original', original],
    ['alias', alias],
  ] as const) {
    for (const kind of library === 'original' ? [IN_MEMORY] : KINDS) {
      const once = (): Promise<Tests> => on(kind, hosts => runTests(project, tested, hosts))
      let { passed, failed } = await once()
      for (let left = tested.isRacy ? MORE_RUNS : 0; left > 0 && failed.length > 0; left--) {
        ;({ passed, failed } = await once())
      }
      console.log(
        `${tested.name} ${tested.version}, its tests, ${library} on ${kind.name}: ${passed} passed, ${failed.length} failed`,
      )
      if (failed.length > 0 && library === 'original' && tested.isRacy) {
        console.log(`${tested.name} says nothing today: its tests fail with the original package too`)
        return null
      }
      if (failed.length > 0 || passed === 0)
        return `tests fail with the ${library} on ${kind.name}:\n${failed.join('\n')}`
    }
  }
  return null
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, keep: { type: 'boolean', default: false } },
})
const chosen = <Dependent extends { readonly name: string }>(all: readonly Dependent[]): Dependent[] =>
  all.filter(({ name }) => values.only === undefined || values.only === name)

const original = await Project.install('original')
const alias = await Project.install('alias')
try {
  for (const { name } of [...PROGRAMS, ...TESTED]) {
    const found = await alias.versionFor(name)
    if (!found.startsWith('@zookit/')) throw new Error(`${name} finds ${found}, not the alias`)
  }
  const faults: [string, string | null][] = []
  for (const program of chosen(PROGRAMS))
    faults.push([program.name, await tryProgram(program, original, alias)])
  for (const tested of chosen(TESTED)) faults.push([tested.name, await tryTests(tested, original, alias)])
  for (const [name, fault] of faults) {
    if (fault === null) continue
    console.log(`FAILED: ${name} ${fault}`)
    process.exitCode = 1
  }
} finally {
  if (values.keep) console.log(`left in ${original.folder} and ${alias.folder}`)
  else await Promise.all([original, alias].map(project => project[Symbol.asyncDispose]()))
}
