import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Command } from '../child.ts'
import { nodeProcess } from '../paths.ts'
import { p50, type Spread, spreadOf } from '../statistics.ts'
import type { Target } from '../targets.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, cell, program, programs } from './context.ts'
import type { FirstConnect } from './programs/first-connect.ts'
import type { ServerStart } from './programs/server-start.ts'

/** The number of fresh processes, for steps that happen once in a process. */
const TIMES = 15

/** The number of turns of whole processes, whose start takes most of their time and varies more than what is compared. */
const STARTS = 41

/** Measures import, connect and a whole start, in fresh processes and in one that has connected before. */
export async function connecting(budget: Budget, stub: Target): Promise<Bar[]> {
  const ours: FirstConnect[] = []
  const bare: FirstConnect[] = []
  for (let turn = 0; turn < TIMES; turn++) {
    ours.push(await program<FirstConnect>('first-connect', { hosts: stub.hosts }))
    bare.push(await program<FirstConnect>('first-handshake', { hosts: stub.hosts }))
  }
  const first = spreadOf(ours.map(({ connect }, turn) => connect / bare[turn]!.connect))
  const effort = { ...budget.effort, seconds: 0.1 }
  const warm = await cell({ effort }, stub, { load: 'connect' }, ['floor', 'zookit'])
  return [
    bar('import of @zookit/client', 'at most', 25, 'ms', spreadOf(ours.map(run => run.import))),
    bar(
      'connect, again and again: p50 against a bare handshake',
      'at most',
      1.3,
      '×',
      warm.ratio('zookit', 'floor', p50),
    ),
    bar('connect, the first of a process: against a bare handshake', 'at most', 2, '×', first),
    bar('  its time', 'at most', null, 'ms', spreadOf(ours.map(run => run.connect))),
    bar(
      'process start to the first answered getData: against a program that does it by hand',
      'at most',
      1.3,
      '×',
      await firstGet(stub),
    ),
  ]
}

/** Compares processes that connect and read one znode, from their start to the first output. */
async function firstGet({ hosts }: Target): Promise<Spread> {
  const ratios: number[] = []
  const start = (name: string) => outputOf(nodeProcess(`budget/programs/${name}.js`), [hosts, '/znode'])
  for (let turn = 0; turn < STARTS; turn++)
    ratios.push((await start('first-get')) / (await start('bare-get')))
  return spreadOf(ratios)
}

/** Runs a program to its end. @returns the milliseconds to its first output. @throws Error if it fails, or has none. */
async function outputOf({ file, args }: Command, more: readonly string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(file, [...args, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  let took: number | null = null
  child.stdout.on('data', () => (took ??= performance.now() - began))
  const [code] = await once(child, 'close')
  if (took === null || code !== 0) throw new Error(`${args.join(' ')} ended with ${code}, and no output`)
  return took
}

export async function serverStart(): Promise<Bar[]> {
  const runs = await programs<ServerStart>(5, 'server-start')
  return [
    bar(
      'in-memory server: from start() to an accepted connection',
      'at most',
      20,
      'ms',
      spreadOf(runs.map(({ usual }) => usual)),
    ),
    bar('  the first of a process', 'at most', 20, 'ms', spreadOf(runs.map(({ first }) => first))),
  ]
}
