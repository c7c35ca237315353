import { spawnSync } from 'node:child_process'

/** The outcome of one row. */
export interface Result {
  isGood: boolean
  /** The output of the programs, for a row that fails. */
  printed: string
}

/** Runs Node programs one after another in a folder, until one fails. */
export function runAll(cwd: string, ...programs: readonly (readonly string[])[]): Result {
  for (const args of programs) {
    const { NODE_OPTIONS: _, ...env } = process.env
    const done = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8', timeout: 120_000 })
    if (done.status !== 0)
      return { isGood: false, printed: `${args.join(' ')}\n${done.stdout}${done.stderr}` }
  }
  return { isGood: true, printed: '' }
}
