import { spawnSync } from 'node:child_process'
import { findInstallation, startServer } from '@zookit/test-fixtures'
import type { Command } from '../child.ts'
import { HOME, nodeProcess } from '../paths.ts'
import { AS_IN_PRODUCTION } from '../production.ts'
import { spreadOf } from '../statistics.ts'
import { type Bar, bar } from './bar.ts'
import { zkCliOf } from './zk-cli.ts'

/** The number of turns. In each of them every program runs once, as a process of its own. */
const TURNS = 15

const PATH = '/cold'
const DATA = 'the data'

const ZOOKIT: Command = { file: process.execPath, args: [`${HOME}../packages/cli/dist/main.cjs`] }

/**
 * Measures whole processes of `zookit get` on a real server, in turns with a program that does the same by hand and with
 * zkCli.sh. Measures nothing where no ZooKeeper is installed.
 */
export async function coldGet(): Promise<Bar[]> {
  const installation = findInstallation(process.env)
  if (installation === undefined) return []
  await using server = await startServer(AS_IN_PRODUCTION)
  const { hosts } = server
  const zkCli = zkCliOf(installation, process.env)
  run(ZOOKIT, ['--hosts', hosts, 'create', PATH, DATA], PATH)
  const turns = Array.from({ length: TURNS }, () => ({
    bare: run(nodeProcess('budget/programs/bare-get.js'), [hosts, PATH], DATA),
    zookit: run(ZOOKIT, ['--hosts', hosts, 'get', PATH], DATA),
    zkCli: run(zkCli, ['-server', hosts, 'get', PATH], DATA),
  }))
  const ratio = (of: 'bare' | 'zkCli') => spreadOf(turns.map(turn => turn.zookit / turn[of]))
  return [
    bar('zookit get, the whole process: against zkCli.sh', 'at most', 0.2, '×', ratio('zkCli')),
    bar('  against a program that does it by hand', 'at most', 2, '×', ratio('bare')),
    bar('  its time', 'at most', null, 'ms', spreadOf(turns.map(({ zookit }) => zookit))),
  ]
}

/** Runs a process to its end. @returns milliseconds. @throws Error unless it prints the text. */
function run({ file, args }: Command, more: readonly string[], text: string): number {
  const began = performance.now()
  const { stdout, stderr } = spawnSync(file, [...args, ...more], { encoding: 'utf8' })
  const took = performance.now() - began
  if (stdout.includes(text)) return took
  throw new Error(`${file} ${[...args, ...more].join(' ')} has not printed ${text}: ${stdout}${stderr}`)
}
