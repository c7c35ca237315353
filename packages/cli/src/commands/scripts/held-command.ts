import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ZooKeeper } from '@zookit/client'
import type { Handle } from '@zookit/recipes'
import type { Context } from '../../program/context.ts'
import { rest, type Spec, text, whole } from '../../program/definition.ts'
import { CommandError, codeOf, explain, inPlaceOf, isUsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { tellState } from '../../program/told-state.ts'
import { ProcessTree } from './process-tree.ts'

/** The milliseconds between two looks at the processes of a lost program, and those for looks after they were killed. */
const [LOOK, LAST_LOOKS] = [100, 1000]

/** A lock and the like, held: its znode too. */
export type Held = Handle & { readonly path: string }

/** Options of every command that holds something while another program runs. */
export interface HoldOptions {
  readonly wait: number | undefined
  readonly grace: number | undefined
  readonly data: string | undefined
}

export const holdOptions: { readonly [Name in keyof HoldOptions]: Spec<HoldOptions[Name]> } = {
  wait: whole('MS', 'how long to wait for it. Default without limit; 0 does not wait'),
  grace: whole('MS', 'time between SIGTERM and SIGKILL when ownership is lost. Default 5000'),
  data: text('TEXT', 'what others see as the holder. Default the name of the machine and the process id'),
}

export const program: Spec<readonly string[]> = rest('the program and its arguments, behind `--`', 'file')

export const HOLD_DETAILS: readonly string[] = [
  'The program runs only while it is held, and its exit code passes through. It finds the fencing token, which grows from owner to owner, in ZOOKIT_TOKEN, and the znode of the holder in ZOOKIT_PATH.',
  'Ownership is lost with the connection. The program and all that it started then get SIGTERM, and SIGKILL after --grace; zookit ends with 122. A process that was stopped can lose it unnoticed, and the program goes on when zookit itself is killed with SIGKILL: let what it writes to refuse a token that is lower than one it has seen.',
]

/** Returns the data of the holder's znode. */
export function dataOf({ data }: HoldOptions): string {
  return data ?? `${hostname()}:${process.pid}`
}

/** Returns the client. @throws the error of a program that was not run, if there is none. */
export async function clientOf(context: Context): Promise<ZooKeeper> {
  try {
    return await context.client()
  } catch (error) {
    throw notRun(error)
  }
}

/**
 * Waits for a lock or the like, and runs a program while it is held.
 *
 * @param acquire waits for it. The timeout is undefined where there is none.
 * @returns the program's exit code.
 */
export async function runHeld<Of extends Held>(
  context: Context,
  words: readonly string[],
  { wait, grace = 5000 }: HoldOptions,
  acquire: (limits: { signal: AbortSignal; timeout?: number }) => Promise<Of | null>,
): Promise<number> {
  const limits = { signal: context.signal, ...(wait !== undefined && wait > 0 && { timeout: wait }) }
  const held = await acquired(context, () => acquire(limits))
  try {
    return await context.withTerminal(() => runWhile(context, held, words, grace))
  } finally {
    // A lost znode is deleted in the background, as soon as there is a connection again: that is not waited for.
    if (held.held) await held.release({ timeout: context.limits.timeout }).catch(() => {})
  }
}

async function acquired<Of>(context: Context, acquire: () => Promise<Of | null>): Promise<Of> {
  using _told = tellState(context, await context.client())
  try {
    const held = await acquire()
    if (held !== null) return held
  } catch (error) {
    if (codeOf(error) !== 'REQUEST_TIMEOUT') throw notRun(error)
  }
  throw new CommandError(
    'it was not acquired in the time given',
    ExitCode.timeout,
    'Give more with --wait MS.',
  )
}

/** Gives a failure before the program has run an exit code that the program is unlikely to have. */
function notRun(error: unknown): unknown {
  if (isUsageError(error) || codeOf(error) === 'BAD_ARGUMENTS' || codeOf(error) === 'ABORTED') return error
  return inPlaceOf(
    error,
    ExitCode.notRun,
    ['The program was not run.', explain(error).hint ?? ''].join(' ').trim(),
  )
}

async function runWhile(
  context: Context,
  held: Held,
  [file, ...args]: readonly string[],
  grace: number,
): Promise<number> {
  const env = { ...context.io.env, ZOOKIT_TOKEN: String(held.token), ZOOKIT_PATH: held.path }
  const child = spawn(file!, args, { stdio: 'inherit', env })
  const ended = exitOf(child, file!)
  const tree = child.pid === undefined ? null : new ProcessTree(child.pid)
  // Where the processes of the machine cannot be listed, the program itself is ended at least.
  const end = (signal: NodeJS.Signals): void => void (tree?.signal(signal) || child.kill(signal))
  const stopListening = passSignals(context, child)
  let isLost = false
  let kill: NodeJS.Timeout | undefined
  const onLost = (): void => {
    isLost = true
    context.note('ownership was lost: the program is ended')
    end('SIGTERM')
    kill = setTimeout(() => end('SIGKILL'), grace)
  }
  held.signal.addEventListener('abort', onLost, { once: true })
  if (held.signal.aborted) onLost()
  try {
    const code = await ended
    if (!isLost) return code
    if (tree?.isRunning) await goneOrKilled(tree, grace)
    return ExitCode.lost
  } finally {
    clearTimeout(kill)
    held.signal.removeEventListener('abort', onLost)
    stopListening()
  }
}

/** Waits for what a program has left behind, no longer than it takes to kill it. */
async function goneOrKilled(tree: ProcessTree, grace: number): Promise<void> {
  const end = performance.now() + grace + LAST_LOOKS
  while (tree.isRunning && performance.now() < end) await sleep(LOOK)
}

/** Passes the signal that ends zookit on to the program. A terminal has sent Ctrl-C to both of them already. */
function passSignals({ signal, io }: Context, child: ChildProcess): () => void {
  const pass = (): void => {
    const isFromTerminal = signal.reason === 'SIGINT' && io.stdin.isTTY === true
    if (!isFromTerminal) child.kill(signal.reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM')
  }
  signal.addEventListener('abort', pass, { once: true })
  return () => signal.removeEventListener('abort', pass)
}

/** Resolves with the exit code, 128 and its number for a signal. @throws CommandError if there is no such program. */
async function exitOf(child: ChildProcess, file: string): Promise<number> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new CommandError(`there is no program '${file}'`, ExitCode.notFound, 'Is it in PATH?')
    throw new CommandError(`'${file}' cannot be run: ${message}`, ExitCode.notExecutable, 'Is it executable?')
  }
}
