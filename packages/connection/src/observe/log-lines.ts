import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import {
  type AttemptTrace,
  attemptChannel,
  type RequestTrace,
  requestChannel,
  type SetWatchesTrace,
  type StateTrace,
  setWatchesChannel,
  stateChannel,
  type TracedSession,
  type WatchEventTrace,
  watchEventChannel,
} from '../diagnostics.ts'
import { printable, ZooKeeperError } from '../errors.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'
import type { SessionState } from '../session-state.ts'
import type { LogTopic } from './debug-topics.ts'

/** A line of a log: its text is the sentence and all that the fields have beside it. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  topic: LogTopic
  text: string
  /** The event in words, for a logger that prints the fields itself. */
  sentence: string
  fields: Readonly<Record<string, string | number>>
  /** True for the last line about a session. */
  isLast?: boolean
}

type Write = (line: LogLine) => void
/** Listens to the channels of a topic. @returns a function that ends it. */
type Listen = (session: TracedSession | null, write: Write) => () => void

/** The message of a recipe's channels, as `@zookit/recipes` publishes them. */
interface RecipeTrace {
  operation: string
  path: string
  sessionId: bigint
  token?: bigint | null
  duration?: number | undefined
  reason?: string | null
  error?: unknown
}

const LEVELS: Partial<Record<SessionState, LogLine['level']>> = {
  suspended: 'warn',
  expired: 'warn',
  'auth-failed': 'error',
}

const hex = (id: bigint): string => `0x${id.toString(16)}`
const place = (server: ServerAddress | null): string => (server === null ? 'none' : formatServer(server))
const milliseconds = (time: number | undefined): number => Math.round((time ?? 0) * 100) / 100

/** Tells an error without the operation and the path, which the line has. */
function told(error: unknown): string {
  return ZooKeeperError.is(error) ? `${error.code}: ${error.explanation}` : String(error)
}

function codeOf(error: unknown): string {
  return ZooKeeperError.is(error) ? error.code : 'UNKNOWN'
}

/** The parts of a line. */
interface Told {
  /** The event in words. */
  readonly sentence: string
  /** The fields that the sentence has. */
  readonly subject?: LogLine['fields']
  /** The fields that are printed behind the sentence. */
  readonly fields: LogLine['fields']
}

function line(level: LogLine['level'], topic: LogTopic, { sentence, subject, fields }: Told): LogLine {
  const tail = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`)
  const told = printable(sentence)
  return {
    level,
    topic,
    text: told + printable(tail.join('')),
    sentence: told,
    fields: { topic, ...subject, ...fields },
  }
}

/** Tells what something was done to; without a path it is done to the session. */
function subjectOf(
  operation: string,
  path: string | undefined,
): { name: string; subject: LogLine['fields'] } {
  if (path === undefined) return { name: operation, subject: { operation } }
  return { name: `${operation} ${path}`, subject: { operation, path: printable(path) } }
}

/** Tells how a request or a wait ended. */
function ended(
  topic: LogTopic,
  { operation, path, error }: { operation: string; path?: string | undefined; error?: unknown },
  fields: LogLine['fields'],
): LogLine {
  const { name, subject } = subjectOf(operation, path)
  if (error === undefined) return line('debug', topic, { sentence: `${name} done`, subject, fields })
  const sentence = `${name} failed: ${told(error)}`
  return line('debug', topic, { sentence, subject, fields: { ...fields, code: codeOf(error) } })
}

function onState({ state, previous, sessionId, server }: StateTrace, write: Write): void {
  const fields = { session: hex(sessionId), server: place(server) }
  const sentence = `session ${state} (was ${previous})`
  const made = line(LEVELS[state] ?? 'info', 'session', { sentence, subject: { state, previous }, fields })
  write(state === 'closed' ? { ...made, isLast: true } : made)
}

function onAttempt({ session, server, error }: AttemptTrace, write: Write): void {
  const fields = { session: hex(session.id), server: place(server), code: error.code }
  write(line('warn', 'session', { sentence: `session not connected: ${error.explanation}`, fields }))
}

function onRequest(trace: RequestTrace, write: Write): void {
  const { sessionId, server, xid, duration } = trace
  const fields = { session: hex(sessionId), server: place(server), xid, duration: milliseconds(duration) }
  write(ended('requests', trace, fields))
}

function onWatchEvent({ type, path, sessionId, server, zxid }: WatchEventTrace, write: Write): void {
  // Servers before 3.9 do not tell the zxid of an event: they send -1.
  const fields = { session: hex(sessionId), server: place(server), ...(zxid >= 0n && { zxid: hex(zxid) }) }
  const subject = { event: type, path: printable(path) }
  write(line('debug', 'watches', { sentence: `watch event: ${type} ${path}`, subject, fields }))
}

function onSetWatches({ watches, duration, sessionId, server }: SetWatchesTrace, write: Write): void {
  const fields = { session: hex(sessionId), server: place(server), watches, duration: milliseconds(duration) }
  write(line('debug', 'watches', { sentence: 'watches set again', fields }))
}

function onWaited(trace: RecipeTrace, write: Write): void {
  const { sessionId, duration } = trace
  write(ended('recipes', trace, { session: hex(sessionId), duration: milliseconds(duration) }))
}

function onHold({ path, sessionId, token, duration, reason }: RecipeTrace, write: Write): void {
  const subject = { path: printable(path) }
  const held = { session: hex(sessionId), token: String(token) }
  if (duration === undefined) {
    write(line('debug', 'recipes', { sentence: `held ${path}`, subject, fields: held }))
    return
  }
  const fields = { ...held, duration: milliseconds(duration), reason: String(reason) }
  write(line('debug', 'recipes', { sentence: `not held any more ${path}`, subject, fields }))
}

/** Subscribes to a channel. */
function hear<Message>(source: Channel, handle: (message: Message) => void): () => void {
  const listener = (message: unknown): void => handle(message as Message)
  source.subscribe(listener)
  return () => void source.unsubscribe(listener)
}

/** Subscribes to channels whose messages have their session, and leaves those of others out. */
function hearOf<Message extends { session: TracedSession }>(
  source: Channel,
  handle: (message: Message, write: Write) => void,
): Listen {
  return (session, write) =>
    hear<Message>(source, message => {
      if (session === null || message.session === session) handle(message, write)
    })
}

function hearOfRecipes(source: Channel, handle: (message: RecipeTrace, write: Write) => void): Listen {
  return (session, write) =>
    hear<RecipeTrace>(source, message => {
      if (session === null || message.sessionId === session.id) handle(message, write)
    })
}

function all(...listens: readonly Listen[]): Listen {
  return (session, write) => {
    const stops = listens.map(each => each(session, write))
    return () => {
      for (const stop of stops) stop()
    }
  }
}

/** The sources of the lines of each topic. */
export const linesOf: Readonly<Record<LogTopic, Listen>> = {
  session: all(hearOf(stateChannel, onState), hearOf(attemptChannel, onAttempt)),
  requests: hearOf(requestChannel.asyncEnd as unknown as Channel, onRequest),
  watches: all(hearOf(watchEventChannel, onWatchEvent), hearOf(setWatchesChannel, onSetWatches)),
  recipes: all(
    hearOfRecipes(tracingChannel('zookit:recipe').asyncEnd as unknown as Channel, onWaited),
    hearOfRecipes(channel('zookit:hold'), onHold),
  ),
}
