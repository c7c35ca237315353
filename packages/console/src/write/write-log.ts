import { ZooKeeperError } from '@zookit/client'

/** Lines that are kept for the page. */
const MOST_LINES = 500
/** Lines that are kept of requests that the guard refuses: whoever has no token pushes no other line out. */
const MOST_REFUSED = 100
/** The milliseconds for which such requests are counted after one was noted: another site may send thousands. */
const COUNTED = 1000
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

interface Line {
  readonly number: number
  readonly text: string
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
  readonly #lines: Line[] = []
  readonly #refused: Line[] = []
  #written = 0
  #counting: NodeJS.Timeout | undefined
  #counted = 0

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  /** The newest lines, the oldest first. */
  get lines(): readonly string[] {
    return [...this.#lines, ...this.#refused].sort((a, b) => a.number - b.number).map(({ text }) => text)
  }

  /** Notes a write and its outcome. */
  note({ do: kind, path, version }: Noted, outcome: string): void {
    const seen = version === undefined ? '' : ` version ${field(version)}`
    this.#add(this.#lines, MOST_LINES, `${field(kind)} ${field(path)}${seen}: ${field(outcome)}`)
  }

  /** Notes a write that the guard has refused, unread: the first at once, and how many come within a second after it. */
  noteRefused(origin: string | undefined, reason: string): void {
    if (this.#counting !== undefined) {
      this.#counted++
      return
    }
    this.#add(
      this.#refused,
      MOST_REFUSED,
      `(unread) from ${field(origin ?? 'no origin')}: ${field(`refused: ${reason}`)}`,
    )
    this.#count()
  }

  /** Ends the counting of requests that the guard refuses. */
  close(): void {
    clearTimeout(this.#counting)
    this.#counting = undefined
    const count = this.#counted
    this.#counted = 0
    if (count > 0)
      this.#add(this.#refused, MOST_REFUSED, `(unread): "refused: ${count} more that the guard let not pass"`)
  }

  #count(): void {
    this.#counting = setTimeout(() => {
      const isGoingOn = this.#counted > 0
      this.close()
      if (isGoingOn) this.#count()
    }, COUNTED)
    this.#counting.unref()
  }

  #add(lines: Line[], most: number, text: string): void {
    const line = { number: this.#written++, text: `${new Date().toISOString()} write ${text}` }
    lines.push(line)
    if (lines.length > most) lines.shift()
    this.#log(line.text)
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
