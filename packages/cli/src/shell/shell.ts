import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline'
import type { SessionState, ZooKeeper } from '@zookit/client'
import { catalog, loadAll, loadCommand } from '../program/catalog.ts'
import { complete } from '../program/complete.ts'
import type { ShellControls } from '../program/context.ts'
import { contextFor } from '../program/context-for.ts'
import { explain, UsageError } from '../program/errors.ts'
import { ExitCode } from '../program/exit-codes.ts'
import type { GlobalOptions } from '../program/global-options.ts'
import type { Io } from '../program/io.ts'
import { located } from '../program/missing.ts'
import { parse } from '../program/parser.ts'
import { report } from '../program/report.ts'
import { cannotRead } from '../program/standard-input.ts'
import { LazyClient } from '../target/client.ts'
import { timeoutOf } from '../target/target.ts'
import { printable, toJson } from '../text/printable.ts'
import { HistoryFile, isKept } from './history.ts'
import { optionsOfLine } from './line-options.ts'
import { quote, tokenize } from './tokens.ts'

/**
 * Runs the shell until its input ends.
 *
 * @returns the exit code of the last command; of a script, which comes from no terminal, that of the first one that failed.
 */
export async function runShell(globals: GlobalOptions, io: Io): Promise<number> {
  return new Shell(globals, io).run()
}

/** Tells a state of the session to people. */
const STATES: Readonly<Record<SessionState, string>> = {
  connecting: 'connecting',
  connected: 'connected',
  suspended: 'connection lost, connecting again',
  'read-only': 'connected to a server without a quorum: reads only',
  expired: 'session expired: its ephemeral znodes and one-shot watches are gone',
  'auth-failed': 'the server does not accept the credential: the session has ended',
  closed: 'closed',
}

class Shell implements ShellControls {
  readonly history: [number: number, line: string][] = []
  printWatches = true
  readonly #globals: GlobalOptions
  readonly #io: Io
  readonly #client: LazyClient
  readonly #lines: Interface
  readonly #file: HistoryFile
  readonly #isTerminal: boolean
  /** True if nobody types: a command that fails ends it, because those behind it may rely on what it was to do. */
  readonly #isScript: boolean
  #state: SessionState = 'closed'
  #hosts = ''
  /** The number of lines that were entered, also of those that are not kept. */
  #entered = 0
  /** Ends the command that runs. */
  #stop: AbortController | undefined
  #leaving = false
  /** The exit code of the signal that has ended a script. */
  #ended: number | undefined
  /** True once the input has ended: nothing is typed any more. */
  #isOver = false
  /** The reason why the input cannot be read. */
  #fault: Error | undefined
  #code: number = ExitCode.done

  constructor(globals: GlobalOptions, io: Io) {
    this.#globals = globals
    this.#io = io
    this.#isTerminal = io.stdin.isTTY === true && io.stdout.isTTY === true
    this.#isScript = io.stdin.isTTY !== true
    this.#client = new LazyClient(globals, io.env, zk => this.#follow(zk))
    this.#file = new HistoryFile(io.env)
    this.#lines = createInterface({
      input: io.stdin,
      output: io.stdout,
      terminal: this.#isTerminal,
      history: this.#isTerminal ? this.#file.read() : [],
      historySize: 1000,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
        void this.#complete(line).then(result => done(null, result))
      },
    })
  }

  async run(): Promise<number> {
    const ignore = this.#io.onSignal(signal => (this.#isScript ? this.#end(signal) : this.#interrupt()))
    this.#io.stdin.once('error', error => {
      this.#fault = cannotRead('standard input', error, this.#entered > 0)
      this.#lines.close()
    })
    this.#lines.on('SIGINT', () => this.#interrupt())
    // The array is readline's own: a secret must not come back with the arrow key.
    this.#lines.on('history', lines => void (isKept(lines[0] ?? '') || lines.shift()))
    try {
      if (this.#isTerminal) await this.#welcome()
      await (this.#isScript ? this.#runScript() : this.#readLines())
    } catch (error) {
      throw this.#fault ?? error
    } finally {
      ignore()
      this.#isOver = true
      this.#lines.close()
      await this.#client.close()
    }
    if (this.#fault !== undefined) throw this.#fault
    return this.#code
  }

  /** Runs a line of the history again. */
  async redo(number: number): Promise<number> {
    const line = this.history.find(([each]) => each === number)?.[1]
    if (line === undefined) throw new UsageError(`there is no command ${number}`, 'See `history`.')
    if (tokenize(line)[0]?.text === 'redo') throw new UsageError(`command ${number} is a redo itself`)
    return this.#execute(line)
  }

  leave(): void {
    this.#leaving = true
  }

  announce(value: object, text: string): void {
    if (this.printWatches) this.#above(this.#globals.json ? toJson(value) : text)
  }

  async withTerminal<Result>(use: () => Promise<Result>): Promise<Result> {
    const { stdin } = this.#io
    this.#lines.pause()
    if (this.#isTerminal) stdin.setRawMode?.(false)
    try {
      return await use()
    } finally {
      if (this.#isTerminal) stdin.setRawMode?.(true)
      this.#lines.resume()
    }
  }

  async #welcome(): Promise<void> {
    try {
      this.#hosts = (await this.#client.target()).hosts
      this.#io.stdout.write(
        `zookit, a shell for ZooKeeper. Tab completes, \`help\` lists the commands, Ctrl-D ends it.\n`,
      )
      await this.#client.get(new AbortController().signal)
    } catch (error) {
      report(error, this.#io, this.#globals.json)
    }
  }

  /** Reads line after line. A line that comes while a command runs waits for its end. */
  async #readLines(): Promise<void> {
    this.#prompt()
    for await (const line of this.#lines) {
      if (line.trim() !== '') await this.#enter(line)
      if (this.#leaving) return
      this.#prompt()
    }
    if (this.#isTerminal) this.#io.stdout.write('\n')
  }

  /** Runs line after line of a script, until one fails, or to its end. Empty lines and those that begin with # are passed over. */
  async #runScript(): Promise<void> {
    let number = 0
    let failed: { readonly number: number; readonly code: number } | undefined
    for await (const line of this.#lines) {
      number++
      if (/^\s*(#|$)/.test(line)) continue
      if (failed !== undefined && !this.#globals.keepGoing) {
        this.#note(`line ${failed.number} has failed: what comes after it was not run. --keep-going runs it.`)
        break
      }
      await this.#enter(line)
      if (this.#leaving || this.#ended !== undefined) break
      if (this.#code !== ExitCode.done) failed ??= { number, code: this.#code }
    }
    this.#code = this.#ended ?? failed?.code ?? this.#code
  }

  #note(text: string): void {
    const { json } = this.#globals
    this.#io.stderr.write(json ? `${toJson({ note: text })}\n` : `${text}\n`)
  }

  async #enter(line: string): Promise<void> {
    const number = this.#entered++
    if (isKept(line)) this.history.push([number, line])
    if (this.#isTerminal) this.#file.add(line)
    this.#code = await this.#execute(line)
  }

  /** Runs one line. @returns its exit code. It never rejects. */
  async #execute(line: string): Promise<number> {
    const stop = new AbortController()
    this.#stop = stop
    const [name, ...rest] = tokenize(line).map(({ text }) => text)
    try {
      const command = await loadCommand(name)
      const parsed = parse([name!, ...rest], command === null ? await loadAll() : [command])
      if (parsed.kind === 'printed') return this.#print(parsed.text)
      if (parsed.kind === 'shell') throw new UsageError('this is the shell already')
      const globals = optionsOfLine(parsed.globals, this.#globals)
      const parts = { io: this.#io, globals, catalog, client: this.#client, signal: stop.signal, shell: this }
      return (
        (await parsed.command.run(contextFor(parts), parsed.args as never, parsed.options as never)) ??
        ExitCode.done
      )
    } catch (error) {
      if (stop.signal.aborted) return ExitCode.interrupted
      return report(await this.#located(error, name), this.#io, this.#globals.json, name)
    } finally {
      this.#stop = undefined
    }
  }

  async #located(error: unknown, name: string | undefined): Promise<unknown> {
    const command = await loadCommand(name)
    return located(error, { command, client: this.#client, timeout: timeoutOf(this.#globals) })
  }

  #print(text: string): number {
    this.#io.stdout.write(text)
    return ExitCode.done
  }

  /** Ends the command that runs; without one, the line that is being typed. */
  #interrupt(): void {
    if (this.#stop !== undefined) {
      this.#io.stdout.write('^C\n')
      this.#stop.abort()
      return
    }
    this.#io.stdout.write('^C\n')
    // Removes what is typed.
    this.#lines.write(null, { ctrl: true, name: 'e' })
    this.#lines.write(null, { ctrl: true, name: 'u' })
    this.#prompt()
  }

  /** Ends a script, and the command that runs. */
  #end(signal: 'SIGINT' | 'SIGTERM'): void {
    this.#ended = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated
    this.#stop?.abort(signal)
    this.#lines.close()
  }

  #follow(zk: ZooKeeper): void {
    this.#state = zk.state
    void this.#client.target().then(({ hosts }) => (this.#hosts = hosts))
    zk.on('state', state => {
      this.#state = state
      if (this.#isOver) return
      this.#lines.setPrompt(this.#promptText())
      this.#above(this.#globals.json ? toJson({ state }) : `-- ${STATES[state]}`)
    })
    zk.on('listenerError', error => this.#above(explain(error).message))
  }

  /** Prints a line above the one that is being typed. */
  #above(text: string): void {
    const { stdout } = this.#io
    const line = this.#isTerminal ? printable(text) : text
    if (!this.#isTerminal || this.#stop !== undefined) {
      stdout.write(`${line}\n`)
      return
    }
    cursorTo(stdout, 0)
    clearLine(stdout, 0)
    stdout.write(`${line}\n`)
    this.#lines.prompt(true)
  }

  #promptText(): string {
    return `[zk: ${this.#hosts}(${this.#state.toUpperCase()}) ${this.#entered}] `
  }

  #prompt(): void {
    if (!this.#isTerminal) return
    this.#lines.setPrompt(this.#promptText())
    this.#lines.prompt()
  }

  async #complete(line: string): Promise<[string[], string]> {
    const tokens = tokenize(line)
    const last = tokens.at(-1)
    // Behind a blank that stands in no quotes, a new word begins.
    const isNew = last === undefined || (last.open === '' && /\s$/.test(line))
    const words = tokens.map(({ text }) => text)
    const source = (): Promise<ZooKeeper> => this.#client.get(new AbortController().signal)
    const found = await complete(isNew ? [...words, ''] : words, source, catalog)
    // A name that could change the terminal is not offered.
    const safe = found.filter(each => printable(each) === each)
    return [safe.map(quote), isNew ? '' : line.slice(last.start)]
  }
}
