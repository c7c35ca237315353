import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sourceFlags } from '../../../../.ci/source/built.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/** Milliseconds between two looks at the screen, and those that the program may take: far more than it does. */
const [INTERVAL, TIME_LIMIT] = [50, 15_000]

/** True if this machine has tmux. */
export const hasTmux: boolean = spawnSync('tmux', ['-V']).status === 0

/** The program in a real terminal, of a tmux server of its own. */
export class Terminal implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'zookit-terminal-'))
  readonly #socket: string = join(this.directory, 'tmux')

  /** Starts the program with `zookit` as its command line. Its state is kept in `directory`. */
  static async start(hosts: string, words: readonly string[] = []): Promise<Terminal> {
    const terminal = new Terminal()
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', '/bin/sh')
    await terminal.program(hosts, words)
    return terminal
  }

  /** Starts another program in a terminal, with variables of its own, in an empty directory. */
  static async of(line: string): Promise<Terminal> {
    const terminal = new Terminal()
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '100', '-y', '30', '/bin/sh')
    await terminal.type(`cd ${terminal.directory}; clear; ${line}\n`)
    return terminal
  }

  /** Starts the program in the terminal's shell. */
  async program(hosts: string, words: readonly string[] = []): Promise<void> {
    const state = `XDG_STATE_HOME=${this.directory} XDG_CONFIG_HOME=${this.directory}`
    const node = [process.execPath, ...(await sourceFlags()), MAIN].join(' ')
    await this.type(
      `cd ${ROOT}; clear; ${state} ZOOKIT_HOSTS=${hosts} ${node} ${words.join(' ')}; echo ended $?\n`,
    )
  }

  /** Types text, key by key. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text.replaceAll('\n', '\r'))
  }

  /** Presses a key by its name in tmux: `Tab`, `C-c`, `Up`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys)
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** Returns what the screen shows, and the lines that have left it, without blank lines at the end. */
  async screen(): Promise<string> {
    const { stdout } = await this.#tmux('capture-pane', '-p', '-S', '-200')
    return stdout.trimEnd()
  }

  /** Waits until the screen shows it. @throws Error with the screen, if it never does. */
  async shows(part: string | RegExp): Promise<void> {
    for (let left = TIME_LIMIT; left > 0; left -= INTERVAL) {
      const screen = await this.screen()
      if (typeof part === 'string' ? screen.includes(part) : part.test(screen)) return
      await new Promise(resolve => setTimeout(resolve, INTERVAL))
    }
    throw new Error(`the terminal never shows ${part}:\n${await this.screen()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux('kill-server').catch(() => {})
    // The shell may still write its history while it ends.
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }

  #tmux(...args: string[]): Promise<{ stdout: string }> {
    return run('tmux', ['-S', this.#socket, ...args])
  }
}
