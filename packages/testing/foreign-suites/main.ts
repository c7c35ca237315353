// Runs other clients' own test suites against the in-memory server: `pnpm foreign-suites [--suite NAME] [--verbose]`.
// Each comes from its package registry into a temporary folder. Ends with 1 if a test fails that is not expected to,
// or passes that is.
import { spawnSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Host } from './host.ts'
import { judge, type Outcome } from './judge.ts'
import { CommandError, type Suite, type Workplace } from './suite.ts'
import { apache } from './suites/apache.ts'
import { curator } from './suites/curator.ts'
import { go } from './suites/go.ts'
import { kazoo } from './suites/kazoo.ts'
import { rust } from './suites/rust.ts'

const SUITES: readonly Suite[] = [kazoo, go, rust, curator, apache]
const STAND_INS = fileURLToPath(new URL('stand-ins', import.meta.url))

function missingTool({ tools }: Suite): string | undefined {
  return tools.find(tool => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
}

async function runIn(directory: string, suite: Suite, verbose: boolean): Promise<Outcome | string> {
  const log = createWriteStream(join(directory, 'log'))
  const socket = join(directory, 'servers')
  await using _ = await Host.start(socket)
  const workplace: Workplace = {
    directory,
    standIns: STAND_INS,
    env: {
      ...process.env,
      ZOOKIT_SERVERS: socket,
      ZOOKIT_NODE: process.execPath,
      ZOOKIT_RELEASE: suite.release,
    },
    print: text => void (verbose ? process.stdout : log).write(text),
  }
  try {
    await suite.fetch(workplace)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return `cannot be fetched: ${error.message}`
  }
  return judge(await suite.run(workplace), suite.expected)
}

/** Runs one suite. @returns what is to be said where it is skipped */
async function run(suite: Suite, verbose: boolean, keep: boolean): Promise<Outcome | string> {
  const tool = missingTool(suite)
  if (tool !== undefined) return `there is no ${tool} here`
  const directory = await mkdtemp(join(tmpdir(), `zookit-${suite.name}-`))
  await mkdir(directory, { recursive: true })
  try {
    return await runIn(directory, suite, verbose)
  } finally {
    if (keep) console.log(`left in ${directory}`)
    else await rm(directory, { recursive: true, force: true })
  }
}

/** A message in a few lines: an assertion's words come first, a log's last words last. */
function lastLines(message: string): string {
  const lines = message.trim().split('\n')
  return lines.length <= 16 ? lines.join('\n') : [...lines.slice(0, 8), '...', ...lines.slice(-8)].join('\n')
}

function tell({ title }: Suite, outcome: Outcome | string): boolean {
  if (typeof outcome === 'string') {
    console.log(`${title}: skipped, ${outcome}`)
    return true
  }
  const { passed, skipped, expected, failed, healed } = outcome
  console.log(
    `${title}: ${passed} passed, ${failed.length} failed, ${expected.length} failed as expected, ${skipped} skipped`,
  )
  for (const { test, reason } of expected) console.log(`  expected: ${test}: ${reason}`)
  for (const { name, message } of failed)
    console.log(`  FAILED: ${name}\n${lastLines(message).replace(/^/gm, '    ')}`)
  for (const { test } of healed) console.log(`  NOT FAILED, though it was expected to: ${test}`)
  return failed.length === 0 && healed.length === 0 && passed > 0
}

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
const chosen = SUITES.filter(({ name }) => values.suite === undefined || values.suite === name)
if (chosen.length === 0) {
  console.error(`there is no suite '${values.suite}', only ${SUITES.map(({ name }) => name).join(', ')}`)
  process.exitCode = 2
}
for (const suite of chosen) {
  if (!tell(suite, await run(suite, values.verbose, values.keep))) process.exitCode = 1
}
