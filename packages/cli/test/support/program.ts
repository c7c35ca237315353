import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type Io, run } from '../../src/index.ts'

/** Result of a run. */
export interface Result {
  code: number
  out: string
  err: string
}

/** A run that goes on. */
export interface Running {
  readonly result: Promise<Result>
  /** Standard error so far. */
  readonly err: () => string
  /** Standard output so far. */
  readonly out: () => string
  readonly stdin: PassThrough
  signal(name: 'SIGINT' | 'SIGTERM'): void
  /** Resolves when the output contains the text. Rejects when the program ends without it. */
  seen(part: string | RegExp): Promise<void>
}

/** Starts the program in this process, with an environment of its own. @param isTTY true for a terminal. */
export function start(words: readonly string[], env: Record<string, string> = {}, isTTY = false): Running {
  const [stdin, stderr] = [new PassThrough(), new PassThrough()]
  const stdout = Object.assign(new PassThrough(), { isTTY })
  let [printed, listener]: [string, (name: 'SIGINT' | 'SIGTERM') => void] = ['', () => {}]
  const waiting = new Set<() => void>()
  stdout.on('data', chunk => {
    printed += chunk
    for (const wake of waiting) wake()
  })
  const io: Io = {
    stdin,
    stdout,
    stderr,
    env: { HOME: '/nonexistent', ...env },
    onSignal(given) {
      listener = given
      return () => (listener = () => {})
    },
  }
  let told = ''
  stderr.on('data', chunk => (told += chunk))
  const result = run(words, io).then(async code => {
    await finished(stderr.end())
    for (const wake of waiting) wake()
    return { code, out: printed, err: told }
  })
  const seen = async (part: string | RegExp): Promise<void> => {
    let isOver = false
    void result.then(() => (isOver = true))
    const has = (): boolean => (typeof part === 'string' ? printed.includes(part) : part.test(printed))
    while (!has()) {
      if (isOver) throw new Error(`ended without ${part}: ${printed} ${(await result).err}`)
      let wake = (): void => {}
      const woken = new Promise<void>(resolve => (wake = resolve))
      waiting.add(wake)
      await Promise.race([woken, result])
      waiting.delete(wake)
    }
  }
  return { result, out: () => printed, err: () => told, stdin, signal: name => listener(name), seen }
}

/** Runs the program to its end. */
export function zookit(
  words: readonly string[],
  { input = '', env = {}, isTTY = false } = {},
): Promise<Result> {
  const running = start(words, env, isTTY)
  running.stdin.end(input)
  return running.result
}

/** Resolves when standard error contains the text. Rejects when the program ends without it. */
export async function told(running: Running, text: string): Promise<void> {
  let isOver = false
  void running.result.then(() => (isOver = true))
  while (!running.err().includes(text)) {
    if (isOver) throw new Error(`ended without ${text}: ${running.err()}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
