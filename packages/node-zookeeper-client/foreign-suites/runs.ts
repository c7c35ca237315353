import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Program, TestedPackage } from './dependents.ts'
import type { Project } from './project.ts'

const PRELOAD = fileURLToPath(new URL('preload.cjs', import.meta.url))
const MOCHA = fileURLToPath(new URL('../../../node_modules/mocha/bin/mocha.js', import.meta.url))

const TIME_LIMIT = 120_000

interface Ended {
  readonly code: number
  readonly printed: string
}

function node(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: TIME_LIMIT, maxBuffer: 2 ** 26 }
  return new Promise(resolve => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, printed: code === 0 ? stdout : `${stdout}${stderr}` })
    })
  })
}

/** Runs the program of a package. @returns its lines; all that was printed, if it fails. */
export async function runProgram({ folder }: Project, { name }: Program, hosts: string): Promise<Ended> {
  const { code, printed } = await node([join(folder, `${name}.cjs`), hosts], folder)
  const lines = printed.split('\n').filter(line => line.startsWith('> '))
  return { code, printed: code === 0 ? lines.join('\n') : printed }
}

/** The outcome of the tests of a package. */
export interface Tests {
  readonly passed: number
  /** The titles of the tests that failed, with the reasons. */
  readonly failed: readonly string[]
}

interface Report {
  stats: { passes: number }
  failures: { fullTitle: string; err: { message: string } }[]
}

/** Runs the tests of a package. @throws Error if they do not come to an end. */
export async function runTests(project: Project, tested: TestedPackage, hosts: string): Promise<Tests> {
  const cwd = await project.testsOf(tested.name)
  const env = {
    ZOOKIT_PORT: hosts.split(':')[1]!,
    ZOOKIT_CHAI: join(project.folder, `node_modules/chai-${tested.chai}`),
  }
  const options = ['--no-config', '--recursive', '--exit', '--timeout', '15000', '--reporter', 'json']
  const report = join(project.folder, `${tested.name}.json`)
  const args = [MOCHA, ...options, '--reporter-option', `output=${report}`, '--require', PRELOAD, 'test']
  const { printed } = await node(args, cwd, env)
  const { stats, failures }: Report = JSON.parse(await readReport(report, printed))
  return {
    passed: stats.passes,
    failed: failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message}`),
  }
}

async function readReport(file: string, printed: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => {
    throw new Error(`the tests came to no end:\n${printed.slice(-4000)}`)
  })
}
