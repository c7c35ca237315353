import { styleText } from 'node:util'
import { printable, toJson } from '../text/printable.ts'
import type { Output as Stream } from './io.ts'

/** A style of text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Prints the results of commands: text for people, or one JSON object a line. */
export class Output {
  readonly json: boolean
  readonly #stream: Stream
  readonly #colors: boolean
  /** Texts with their colours that are not printed yet. */
  readonly #styled = new Set<string>()

  constructor(stream: Stream, json: boolean, colors: boolean) {
    this.#stream = stream
    this.json = json
    this.#colors = colors
  }

  /** True if people look at it as it is printed. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true && !this.json
  }

  /** Columns of the terminal; 80 where there is none. */
  get columns(): number {
    return this.#stream.columns ?? 80
  }

  /** Prints a result. @param text makes its lines for people; an empty text prints nothing. */
  result(value: unknown, text: () => string): void {
    if (this.json) return this.write(`${toJson(value)}\n`)
    const lines = text()
    if (lines !== '') this.write(`${this.isTerminal ? this.#safe(lines) : lines}\n`)
    this.#styled.clear()
  }

  /** Prints bytes or text as they are. */
  write(chunk: string | Uint8Array): void {
    this.#stream.write(chunk)
  }

  /** Resolves when the stream takes more: for commands that print much. */
  async drained(): Promise<void> {
    if (!this.#stream.writableNeedDrain) return
    await new Promise<void>(resolve => {
      const stream = this.#stream
      const done = (): void => {
        stream.off('drain', done).off('close', done)
        resolve()
      }
      stream.on('drain', done).on('close', done)
    })
  }

  /** Styles a text where colours are wanted. */
  style(name: Style, text: string): string {
    if (!this.#colors) return text
    const styled = styleText(name, this.isTerminal ? printable(text) : text, { validateStream: false })
    this.#styled.add(styled)
    return styled
  }

  /** Escapes whatever could change what the terminal shows, but the colours of our own. */
  #safe(lines: string): string {
    const safe = printable(lines)
    if (this.#styled.size === 0) return safe
    return safe.replaceAll(/\\x1b\[\d+m.*?\\x1b\[\d+m/gs, escaped => {
      const styled = escaped.replaceAll('\\x1b', '\x1b')
      return this.#styled.has(styled) ? styled : escaped
    })
  }
}
