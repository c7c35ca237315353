import { ZooKeeperError } from '@zookit/client'

/** Lines that are kept for the page. */
const MOST_LINES = 500
/** Characters of a field of a line: a request may be of any size. */
const MOST_CHARACTERS = 300

/** The characters that JSON leaves as they are, and that move a terminal's cursor, hide text or turn its direction. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** All that the log takes from a request, whose fields may be anything. */
export interface Noted {
  readonly do?: unknown
  readonly path?: unknown
  readonly version?: unknown
}

/** Writes a field so that it cannot make a line look like two, nor reach the terminal that shows it. */
function field(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return value === undefined ? '(none)' : '(no text)'
  const shown = value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}...` : value
  return JSON.stringify(shown).replaceAll(UNSAFE, char =>
    char.replaceAll(/[\s\S]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

/** The record of all writes, those that were refused included. Data is not part of it. */
export class WriteLog {
  readonly #log: (line: string) => void
  readonly #lines: string[] = []

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  /** The newest lines, the oldest first. */
  get lines(): readonly string[] {
    return this.#lines
  }

  /** Notes a write and its outcome. */
  note({ do: kind, path, version }: Noted, outcome: string): void {
    const seen = version === undefined ? '' : ` version ${field(version)}`
    const line = `${new Date().toISOString()} write ${field(kind)} ${field(path)}${seen}: ${field(outcome)}`
    this.#lines.push(line)
    if (this.#lines.length > MOST_LINES) this.#lines.shift()
    this.#log(line)
  }

  /**
   * Notes what becomes of a write, also after its answer: one that takes longer goes on.
   *
   * @param answered resolves with the write, or rejects sooner.
   */
  async follow<Result extends { message: string }>(
    request: Noted,
    work: Promise<Result>,
    answered: Promise<Result>,
  ): Promise<Result> {
    let [isOpen, isLate] = [true, false]
    const end = (outcome: string): void => {
      isOpen = false
      this.note(request, isLate ? `ended after its answer: ${outcome}` : outcome)
    }
    work.then(
      ({ message }) => end(message),
      (error: unknown) => end(outcomeOf(error)),
    )
    try {
      return await answered
    } catch (error) {
      if (isOpen) {
        isLate = true
        this.note(request, `goes on after its answer: ${outcomeOf(error)}`)
      }
      throw error
    }
  }
}

function outcomeOf(error: unknown): string {
  return ZooKeeperError.is(error) ? `${error.code}, ${error.outcome}` : String(error)
}
