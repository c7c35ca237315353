import { ZooKeeperError } from '@zookit/client'
import type { WriteRequest } from '../protocol.ts'

/** Lines that are kept for the page. */
const MOST_LINES = 500

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
  note(request: WriteRequest, outcome: string): void {
    const { do: kind, path } = request
    const version = 'version' in request ? ` version ${String(request.version)}` : ''
    // JSON escapes whatever could make a line look like two.
    const line = `${new Date().toISOString()} write ${JSON.stringify(kind)} ${JSON.stringify(path)}${version}: ${JSON.stringify(outcome)}`
    this.#lines.push(line)
    if (this.#lines.length > MOST_LINES) this.#lines.shift()
    this.#log(line)
  }

  /** Runs a write, and notes what became of it. */
  async run<Result extends { message: string }>(
    request: WriteRequest,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      const result = await work()
      this.note(request, result.message)
      return result
    } catch (error) {
      this.note(request, ZooKeeperError.is(error) ? `${error.code}, ${error.outcome}` : String(error))
      throw error
    }
  }
}
