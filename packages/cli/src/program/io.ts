import { createReadStream, fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

/** A stream that may be a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number }

/** The world of a run: its streams, its environment and its signals. Tests give their own. */
export interface Io {
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?(isRaw: boolean): unknown }
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /**
   * Calls the listener for each SIGINT and SIGTERM, until the returned function is called. The program then decides
   * itself how it ends.
   */
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM') => void): () => void
}

/** The number of the file that is the standard input. */
const STDIN = 0

/** Opens the standard input. Node takes a folder and a disk for an empty input: `put PATH < FOLDER` would empty the znode. */
function openStdin(): Io['stdin'] {
  const what = fstatSync(STDIN)
  return what.isDirectory() || what.isBlockDevice() ? createReadStream('', { fd: STDIN }) : process.stdin
}

/** Returns the process's own streams, environment and signals. */
export function processIo(): Io {
  let stdin: Io['stdin'] | undefined
  return {
    // Node makes a stream when it is first asked for, which takes a millisecond or two: most runs need one of the three.
    get stdin() {
      stdin ??= openStdin()
      return stdin
    },
    get stdout() {
      return process.stdout
    },
    get stderr() {
      return process.stderr
    },
    env: process.env,
    onSignal(listener) {
      const signals = ['SIGINT', 'SIGTERM'] as const
      const listeners = signals.map(signal => [signal, () => listener(signal)] as const)
      for (const [signal, each] of listeners) process.on(signal, each)
      return () => {
        for (const [signal, each] of listeners) process.off(signal, each)
      }
    },
  }
}
