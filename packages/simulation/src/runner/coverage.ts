import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transitions } from '@zookit/connection'

/** The packages whose lines are counted. */
const PACKAGES = ['jute', 'connection', 'client', 'recipes', 'testing']

/** Returns a change of a session's state: `connected > suspended`. */
export function edgeOf(previous: string, state: string): string {
  return `${previous} > ${state}`
}

/** Counts what the runs of a pool have reached: lines, by V8, and changes of the sessions' states. */
export class Coverage {
  /** The folder into which processes write what they have run. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'simulation-coverage-'))
  readonly #edges = new Set<string>()

  /** Takes in the changes of states that a run has seen. */
  add(edges: readonly string[]): void {
    for (const edge of edges) this.#edges.add(edge)
  }

  /** Describes the changes of states, of those in the session's table. */
  describeEdges(): string {
    const all = Object.entries(transitions).flatMap(([state, row]) =>
      [...new Set(Object.values(row))].map(next => edgeOf(state, next)),
    )
    const missing = all.filter(edge => !this.#edges.has(edge))
    const rest = missing.length === 0 ? '' : `; never: ${missing.join(', ')}`
    return `${all.length - missing.length} of ${all.length} changes of a session's state${rest}`
  }

  /** Returns the lines and branches by package, and removes the folder. Call it when every process has ended. */
  async describeLines(): Promise<string> {
    const rows: string[] = []
    const c8 = createRequire(import.meta.url).resolve('c8/bin/c8.js')
    try {
      for (const name of PACKAGES) {
        const include = ['--include', `packages/${name}/src/**/*.ts`, '--exclude', '**/generated/**']
        const how = ['--temp-directory', this.folder, '--reporter', 'text-summary']
        const child = spawn(process.execPath, [c8, 'report', ...how, ...include], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let out = ''
        child.stdout.on('data', chunk => (out += chunk))
        await once(child, 'close')
        const lines = /^Lines\s*: (.+)$/m.exec(out)?.[1] ?? 'unknown'
        const branches = /^Branches\s*: (.+)$/m.exec(out)?.[1] ?? 'unknown'
        rows.push(`${name}: lines ${lines}, branches ${branches}`)
      }
      return rows.join('\n')
    } finally {
      rmSync(this.folder, { recursive: true, force: true })
    }
  }
}
