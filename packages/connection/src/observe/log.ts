import types from 'node:util/types'
import type { TracedSession } from '../diagnostics.ts'
import { printable } from '../errors.ts'
import type { LogTopic } from './debug-topics.ts'
import { type LogLine, linesOf } from './log-lines.ts'

export type { LogTopic } from './debug-topics.ts'

/** The level of a line. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Anything that logs: `console`, a pino logger, or an object with these four methods. */
export type Logger = { readonly [Level in LogLevel]: (...args: never[]) => unknown }

/** The options of a log. */
export interface LogOptions {
  /** The lowest level that is logged. Default `info`. Requests, watches and recipes are logged at `debug`. */
  level?: LogLevel | undefined
  /** The topics that are logged: `session`, `requests`, `watches`, `recipes`. Default all. */
  topics?: readonly LogTopic[] | undefined
}

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

type Write = (line: LogLine) => unknown

/** Tells a pino logger, which takes the fields first. */
function takesFieldsFirst(logger: object): boolean {
  return typeof (logger as { bindings?: unknown }).bindings === 'function'
}

function isConsole(logger: object): boolean {
  return typeof (logger as { table?: unknown }).table === 'function'
}

/**
 * Makes a function for a level. A console gets the text alone, because the text has all that the fields have, and pino, which
 * prints the fields, what happened alone.
 */
function writerOf(logger: Logger, level: LogLevel): Write {
  const write = (logger[level] as (...args: unknown[]) => unknown).bind(logger)
  if (isConsole(logger)) return ({ text }) => write(text)
  if (takesFieldsFirst(logger)) return ({ fields, sentence }) => write(fields, sentence)
  return ({ text, fields }) => write(text, fields)
}

/** Makes a writer of which nothing comes back: a logger that throws, or whose promise is rejected, is told of once. */
function guarded(write: Write): (line: LogLine) => void {
  let isTold = false
  const tell = (error: unknown): void => {
    if (isTold) return
    isTold = true
    const told = error instanceof Error ? error.message : typeof error
    const message = `the logger given to logTo failed: ${told}. Logging goes on, and tells of no further failure`
    process.emitWarning(printable(message), { type: 'ZooKeeperWarning', code: 'ZOOKIT_LOGGER' })
  }
  return line => {
    try {
      const written = write(line)
      if (types.isPromise(written)) written.catch(tell)
    } catch (error) {
      tell(error)
    }
  }
}

/**
 * Logs what a session does, from now until it is closed.
 *
 * @returns a function that ends the log.
 */
export function logSession(session: TracedSession, logger: Logger, options: LogOptions = {}): () => void {
  const { level = 'info', topics = ['session', 'requests', 'watches', 'recipes'] } = options
  const lowest = LOG_LEVELS.indexOf(level)
  const writers = Object.fromEntries(LOG_LEVELS.map(each => [each, writerOf(logger, each)])) as Record<
    LogLevel,
    Write
  >
  const write = guarded(line => writers[line.level](line))
  // What is logged at `debug` only is not even listened to above it: a listener makes every request slower.
  const atDebug = level === 'debug' ? topics.filter(topic => topic !== 'session') : []
  // The session is always listened to: its last line ends the log.
  const stop = listen(['session', ...atDebug], session, line => {
    const isWanted = topics.includes(line.topic) && LOG_LEVELS.indexOf(line.level) >= lowest
    if (isWanted) write(line)
    if (line.isLast) stop()
  })
  return stop
}

/**
 * Calls a function for every line about a session, or about all of them.
 *
 * @param session null for all sessions.
 * @returns a function that ends it.
 */
export function listen(
  topics: readonly LogTopic[],
  session: TracedSession | null,
  write: (line: LogLine) => void,
): () => void {
  const stops = topics.map(topic => linesOf[topic](session, write))
  return () => {
    for (const stop of stops) stop()
  }
}

/** Tells what is wrong with a logger and its options, or null. */
export function loggerFault(logger: unknown): string | null {
  const lacks = LOG_LEVELS.filter(
    level => typeof (logger as Record<string, unknown> | null)?.[level] !== 'function',
  )
  return lacks.length === 0 ? null : `the logger has no method ${lacks.join(', ')}`
}
