import type { ZooKeeperError } from '@zookit/client'
import { ExitCode } from './exit-codes.ts'

/** A mistake on the command line or in the configuration. Its user sees the message without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly exitCode: number = ExitCode.usage
  /** Advice for the user. */
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

/** The facts of a client's error that a script reads. */
export type Facts = Pick<ZooKeeperError, 'code' | 'path' | 'outcome'>

/** A failure of a command that is no mistake of its user, with the exit code that it ends with. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: number
  readonly hint: string | undefined
  /** Facts of the client's error that it stands for. */
  readonly facts: Facts | undefined

  constructor(message: string, exitCode: number, hint?: string, facts?: Facts) {
    super(message)
    this.exitCode = exitCode
    this.hint = hint
    this.facts = facts
  }
}

/** An error as it is told: on standard error, as text or as JSON. */
export interface Explanation {
  readonly message: string
  readonly hint: string | undefined
  readonly exitCode: number
  /** Code of the client's error. */
  readonly code: string | undefined
  readonly path: string | undefined
  readonly outcome: string | undefined
}

const HINTS: Readonly<Record<string, string>> = {
  NO_NODE: 'See what is there: `zookit ls PARENT`.',
  NODE_EXISTS: 'Use `set` to change it, or `create -s` for a name that the server completes.',
  NOT_EMPTY: 'It has children: `zookit deleteall PATH` deletes them too.',
  BAD_VERSION: 'Somebody else was faster: read it again with `get -s`, and pass the new dataVersion to -v.',
  NO_AUTH:
    'See who may with `getAcl`, and who you are with `whoami`. Add an identity: `addauth`, or --auth-env.',
  AUTH_FAILED: 'The server does not accept the credential: check the scheme, the user and the password.',
  INSECURE_AUTH: 'A password would cross the network in clear text: use TLS (--tls-ca), or --insecure-auth.',
  INVALID_ACL: 'An ACL is a list such as world:anyone:r,auth::cdrwa; `auth` needs an identity (`addauth`).',
  NO_CHILDREN_FOR_EPHEMERALS: 'An ephemeral znode has no children: create it below a persistent one.',
  CONNECT_FAILED: 'Is a server running there? Name it with --hosts, --ensemble or ZOOKIT_HOSTS.',
  SESSION_EXPIRED: 'The session is gone, its ephemeral znodes too. Run the command again.',
  NO_WATCHER:
    'A session has the watches that it has set: remove one in the shell in which `addWatch` or -w has set it.',
  QUOTA_EXCEEDED: 'A hard quota forbids it: see `zookit listquota PATH`.',
  NEW_CONFIG_NO_QUORUM:
    'A quorum of the new configuration must run and have followed the leader: start the servers that are to join, then try again.',
  UNIMPLEMENTED: 'The server is older than this operation, or has it turned off.',
  RECONFIG_DISABLED: 'The servers need reconfigEnabled=true in their configuration.',
  NOT_READ_ONLY: 'The server has no quorum and takes reads only: connect to another one.',
  BAD_ARGUMENTS: 'See `--help` of the command.',
}

const ACL_VERSION =
  'Somebody else was faster: read it again with `getAcl -s`, and pass the new aclVersion to -v.'

/** Options of a program in the client's messages, and what they are called on the command line. */
const OPTION_NAMES: readonly (readonly [RegExp, string])[] = [
  [/\btls\.ca\b/g, '--tls-ca'],
  [/\btls\.cert\b/g, '--tls-cert'],
  [/\btls\.key\b/g, '--tls-key'],
  [/\bthe tls option\b/g, '--tls-ca'],
  [/\bthe sasl option, or auth\b/g, '--sasl-user, or --auth-env'],
]

/** Reasons for which a server that is reached is not connected to, and what to do about them. */
const REACHED: readonly (readonly [RegExp, string])[] = [
  [
    /SSL_CONNECTION_ERROR/,
    'Is the port that for TLS, and are --tls-ca, --tls-cert and --tls-key the right files?',
  ],
  [/HANDSHAKE_REFUSED/, 'The server runs, but takes no client: `zookit status` shows its state.'],
]

/** Advice of the client about options that a program sets: the hint names those of the command line. */
const CLIENT_OPTIONS = /: use tls, or set allowInsecureAuth to true|, or raise maxResponseSize$/

const CODES: Readonly<Record<string, number>> = {
  NO_NODE: ExitCode.noNode,
  NO_AUTH: ExitCode.noAuth,
  AUTH_FAILED: ExitCode.noAuth,
  INSECURE_AUTH: ExitCode.noAuth,
  BAD_ARGUMENTS: ExitCode.usage,
  CONNECT_FAILED: ExitCode.noConnection,
  CONNECTION_LOSS: ExitCode.noConnection,
  SESSION_EXPIRED: ExitCode.noConnection,
  NOT_CONNECTED: ExitCode.noConnection,
  CLOSED: ExitCode.noConnection,
  REQUEST_TIMEOUT: ExitCode.timeout,
  ABORTED: ExitCode.interrupted,
}

/** Requests that change nothing: one that was cut off need not be looked after. */
const READS = /^(get[A-Z]|exists$|multiRead$|whoAmI$|sync$|walk$)/

/** Recognises our own errors by their names: a part that is loaded on demand may have a copy of the class. */
function isOurs(error: unknown): error is UsageError | CommandError {
  return error instanceof Error && ['UsageError', 'CommandError'].includes(error.name) && 'exitCode' in error
}

/** Returns true for a mistake of the user. */
export function isUsageError(error: unknown): error is UsageError {
  return error instanceof Error && error.name === 'UsageError'
}

/** Recognises a ZooKeeperError by its fields, for the same reason. */
export function isZooKeeperError(error: unknown): error is ZooKeeperError {
  return error instanceof Error && 'code' in error && 'outcome' in error
}

/** Makes the error of a command that stands for the client's one: scripts find its code, path and outcome in it. */
export function inPlaceOf(error: unknown, exitCode: number, hint?: string): CommandError {
  const message = error instanceof Error ? error.message : String(error)
  return new CommandError(message, exitCode, hint, isZooKeeperError(error) ? error : undefined)
}

/** Returns the code of a client's error, or undefined. */
export function codeOf(error: unknown): string | undefined {
  return isZooKeeperError(error) ? error.code : undefined
}

/** Makes the error for a znode that does not exist, where the client has an answer and no error. */
export function noNode(operation: string, path: string): CommandError {
  return new CommandError(
    `NO_NODE (${operation} ${path}): the znode does not exist`,
    ExitCode.noNode,
    HINTS.NO_NODE,
    { code: 'NO_NODE', path, outcome: 'rejected' },
  )
}

/** Tells what happened and what to do. */
export function explain(error: unknown): Explanation {
  if (isOurs(error)) {
    return plain(error.message, error.hint, error.exitCode, 'facts' in error ? error.facts : undefined)
  }
  if (!isZooKeeperError(error)) {
    const text = error instanceof Error ? inOurWords(error.message) : String(error)
    return isWrongArgument(error)
      ? plain(text, HINTS.BAD_ARGUMENTS, ExitCode.usage)
      : plain(text, undefined, ExitCode.failed)
  }
  const { code, path, outcome, operation } = error
  const message = inOurWords(error.message)
  const known = CODES[code]
  const isLost = code !== 'ABORTED' && !isRefusal(error) && mayHaveChanged(error)
  // A write that was sent and not answered is told by its code: a script must not take it for one that was not sent.
  const exitCode = isLost ? ExitCode.unknown : known
  const hint = code === 'BAD_VERSION' && operation === 'setAcl' ? ACL_VERSION : adviceFor(code, message)
  return {
    message,
    hint: hint ?? hintFor(code, outcome, isLost),
    exitCode: exitCode ?? ExitCode.failed,
    code,
    path,
    outcome,
  }
}

/** Tells if a part that is no client refuses what the command line gave it, such as the hosts that `status` is to ask. */
function isWrongArgument(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'ConnectStringError' || ('code' in error && error.code === 'BAD_ARGUMENTS')
}

/** Error numbers of the server from -100 down that do not refuse a request: the session or the credential has ended meanwhile. */
const ENDS: ReadonlySet<string> = new Set([
  'SESSION_EXPIRED',
  'SESSION_MOVED',
  'AUTH_FAILED',
  'REQUEST_TIMEOUT',
])

/** Tells if the server has refused a request. Its outcome is unknown where earlier requests of the same call were applied. */
function isRefusal({ code, errno }: ZooKeeperError): boolean {
  return errno !== undefined && errno <= -100 && !ENDS.has(code)
}

/** Speaks of the options of the command line where a message speaks of those of a program. */
export function inOurWords(message: string): string {
  return OPTION_NAMES.reduce(
    (text, [name, ours]) => text.replace(name, ours),
    message.replace(CLIENT_OPTIONS, ''),
  )
}

function adviceFor(code: string, message: string): string | undefined {
  const reached = code === 'CONNECT_FAILED' ? REACHED.find(([reason]) => reason.test(message)) : undefined
  return reached?.[1] ?? HINTS[code]
}

/** Returns true for a failed request that was sent, and that would have changed something. */
export function mayHaveChanged(error: unknown): error is ZooKeeperError {
  return isZooKeeperError(error) && error.outcome === 'unknown' && !READS.test(error.operation ?? '')
}

/** Advice for a request without an answer: it depends on what may have become of it. */
function hintFor(code: string, outcome: string, isLost: boolean): string | undefined {
  if (code !== 'CONNECTION_LOSS' && code !== 'REQUEST_TIMEOUT') return undefined
  const more = code === 'REQUEST_TIMEOUT' ? ' --timeout MS gives it more time.' : ''
  if (isLost) return `It may have been applied: look, before you run it again.${more}`
  return `${outcome === 'not-sent' ? 'It was not sent' : 'It changes nothing'}: run it again.${more}`
}

function plain(message: string, hint: string | undefined, exitCode: number, facts?: Facts): Explanation {
  return { message, hint, exitCode, code: facts?.code, path: facts?.path, outcome: facts?.outcome }
}
