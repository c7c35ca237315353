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

/** A line of a log: its text has all that the fields have. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  topic: LogTopic
  text: string
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

/** Makes a line of a sentence and fields, which are printed behind it. */
function line(
  level: LogLine['level'],
  topic: LogTopic,
  sentence: string,
  fields: LogLine['fields'],
): LogLine {
  const tail = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`)
  return { level, topic, text: printable(`${sentence}${tail.join('')}`), fields: { topic, ...fields } }
}

function onState({ state, previous, sessionId, server }: StateTrace, write: Write): void {
  const fields = { session: hex(sessionId), server: place(server) }
  const made = line(LEVELS[state] ?? 'info', 'session', `session ${state} (was ${previous})`, fields)
  write(state === 'closed' ? { ...made, isLast: true } : made)
}

function onAttempt({ session, server, error }: AttemptTrace, write: Write): void {
  const fields = { session: hex(session.id), server: place(server), code: error.code }
  write(line('warn', 'session', `session not connected: ${error.explanation}`, fields))
}

function onRequest(trace: RequestTrace, write: Write): void {
  const { operation, path = '', sessionId, server, xid, duration, error } = trace
  const subject = path === '' ? operation : `${operation} ${path}`
  const fields = { session: hex(sessionId), server: place(server), xid, duration: milliseconds(duration) }
  if (error === undefined) write(line('debug', 'requests', `${subject} done`, fields))
  else
    write(line('debug', 'requests', `${subject} failed: ${told(error)}`, { ...fields, code: codeOf(error) }))
}

function onWatchEvent({ type, path, sessionId, server, zxid }: WatchEventTrace, write: Write): void {
  const fields = { session: hex(sessionId), server: place(server), zxid: hex(zxid) }
  write(line('debug', 'watches', `watch event: ${type} ${path}`, fields))
}

function onSetWatches({ watches, duration, sessionId, server }: SetWatchesTrace, write: Write): void {
  const fields = { session: hex(sessionId), server: place(server), watches, duration: milliseconds(duration) }
  write(line('debug', 'watches', 'watches set again', fields))
}

function onWaited({ operation, path, sessionId, duration, error }: RecipeTrace, write: Write): void {
  const fields = { session: hex(sessionId), duration: milliseconds(duration) }
  const subject = `${operation} ${path}`
  if (error === undefined) write(line('debug', 'recipes', `${subject} done`, fields))
  else
    write(line('debug', 'recipes', `${subject} failed: ${told(error)}`, { ...fields, code: codeOf(error) }))
}

function onHold({ path, sessionId, token, duration, reason }: RecipeTrace, write: Write): void {
  const fields = { session: hex(sessionId), token: String(token) }
  if (duration === undefined) write(line('debug', 'recipes', `held ${path}`, fields))
  else {
    const ended = { ...fields, duration: milliseconds(duration), reason: String(reason) }
    write(line('debug', 'recipes', `not held any more ${path}`, ended))
  }
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
