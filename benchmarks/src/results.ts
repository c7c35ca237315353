import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, platform, release } from 'node:os'
import { dirname } from 'node:path'
import type { CellResult } from './measure.ts'
import type { Effort } from './pace.ts'

/** The machine and the commit of a measurement. */
export interface Machine {
  at: string
  /** The measured commit, with `+` if files had been changed since. */
  commit: string
  node: string
  cpu: string
  cores: number
  os: string
  /** The load average at the start of the run: above zero, other programs ran too. */
  loadAverage: number
}

/** All results of a run: the contents of a file of results. */
export interface Results extends Machine {
  target: string
  effort: Effort
  cells: CellResult[]
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

/** Describes this machine now. */
export function machine(): Machine {
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'
  return {
    at: new Date().toISOString(),
    commit: git('rev-parse', '--short=12', 'HEAD') + changed,
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    os: `${platform()} ${release()}`,
    loadAverage: loadavg()[0]!,
  }
}

/** Makes the results of a run that has measured nothing yet. */
export function newResults(target: string, effort: Effort): Results {
  const { profiles: _, ...kept } = effort
  return { ...machine(), target, effort: kept, cells: [] }
}

export function readResults(file: string): Results {
  return JSON.parse(readFileSync(file, 'utf8')) as Results
}

export function writeJson(file: string, results: object): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
}
