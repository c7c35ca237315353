import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sourceFlags } from '../../../../.ci/source/built.ts'
import type { Result } from './program.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The program as a process of its own. */
export interface Process {
  readonly child: ChildProcess
  readonly result: Promise<Result>
  /** Resolves when standard output contains the text. */
  seen(part: string): Promise<void>
}

const NODE_OPTIONS = await sourceFlags()

/** Starts the program as a process. */
export function spawnProgram(words: readonly string[], env: Record<string, string> = {}): Process {
  const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ZOOKIT_CONFIG: undefined, ...env },
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', chunk => (out += chunk))
  const err = text(child.stderr)
  const result = once(child, 'close').then(async ([code]) => ({ code, out, err: await err }))
  const seen = async (part: string): Promise<void> => {
    while (!out.includes(part)) {
      if (child.exitCode !== null) throw new Error(`ended without ${part}: ${out}${await err}`)
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')])
    }
  }
  return { child, result, seen }
}

/** Runs the program in a shell, which redirects its streams. @param redirections such as `< /tmp`. */
export async function redirected(words: readonly string[], redirections: string): Promise<Result> {
  const args = [process.execPath, ...NODE_OPTIONS, MAIN, ...words]
  const child = spawn('/bin/sh', ['-c', `"$@" ${redirections}`, 'sh', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ZOOKIT_CONFIG: undefined },
  })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}
