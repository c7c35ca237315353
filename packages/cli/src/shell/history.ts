import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The number of lines that are kept. */
const MOST = 1000

/** Lines that may hold a credential. They are never kept. */
const SECRET = /\baddauth\b/i

/** The lines of earlier shells, in a file that only its owner reads. */
export class HistoryFile {
  readonly #file: string

  constructor(env: Readonly<Record<string, string | undefined>>) {
    const base = env.XDG_STATE_HOME ?? join(env.HOME ?? homedir(), '.local', 'state')
    this.#file = env.ZOOKIT_HISTORY ?? join(base, 'zookit', 'history')
  }

  /** Returns the lines, the newest first. A file that cannot be read is no history. */
  read(): string[] {
    try {
      const lines = readFileSync(this.#file, 'utf8')
        .split('\n')
        .filter(line => line !== '')
      if (lines.length > 2 * MOST)
        writeFileSync(this.#file, `${lines.slice(-MOST).join('\n')}\n`, { mode: 0o600 })
      return lines.slice(-MOST).reverse()
    } catch {
      return []
    }
  }

  /** Adds a line. A machine on which the file cannot be written has none. */
  add(line: string): void {
    if (!isKept(line)) return
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 })
    } catch {}
  }
}

/** Returns true for a line that may be kept. */
export function isKept(line: string): boolean {
  return line.trim() !== '' && !SECRET.test(line)
}
