import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './files.ts'

/** Runs a program of Node's in the repository's root. @returns its exit code, and all that it printed. */
export function node(...args: string[]): Promise<{ code: number; printed: string }> {
  return run([process.execPath, ...args])
}

/** Runs a command in the repository's root. @returns its exit code, and all that it printed. */
export async function run([file = '', ...args]: readonly string[]): Promise<{
  code: number
  printed: string
}> {
  const child = spawn(file, args, { cwd: ROOT, timeout: 30_000, killSignal: 'SIGKILL' })
  let printed = ''
  child.stdout.on('data', chunk => (printed += chunk))
  child.stderr.on('data', chunk => (printed += chunk))
  const [code] = await once(child, 'close')
  return { code, printed }
}
