import { DEFAULT_MAX_FRAME } from '@zookit/jute'
import type { SaslOptions } from './auth/sasl-options.ts'
import { type Environment, nodeEnvironment } from './environment.ts'
import type { TlsOptions } from './link/transport.ts'
import { debugTopics } from './observe/debug-topics.ts'
import type { QueueLimits } from './requests/outgoing-requests.ts'
import type { ServerAddress } from './server-address.ts'
import type { Grace } from './servers/seen-history.ts'

/** The identity of a session. A process that has it can take the session over: keep it secret. */
export interface SessionIdentity {
  id: bigint
  password: Buffer
  /** The session timeout that the server granted, in milliseconds: expiry is reckoned from it. Default `sessionTimeout`. */
  timeout?: number
}

/** Options of a session. Every time is in milliseconds. */
export interface SessionOptions {
  /** The servers of the ensemble, tried in random order unless `shuffle` is false. */
  servers: readonly ServerAddress[]
  /** The DNS name of an SRV record that lists the servers, instead of `servers`. */
  srv?: string | null
  /** The requested session timeout. The server clamps it, usually to 2 to 20 ticks. Default 30 000. */
  sessionTimeout?: number
  /** The session to take over. */
  session?: SessionIdentity
  /** True to accept a server that has lost its quorum, for reads. Default false. */
  readOnly?: boolean
  /** True to replace an expired session by a new one. Default true. */
  renew?: boolean
  /** Node's TLS options, or a function that is called for each attempt; null (the default) for plain TCP. */
  tls?: TlsOptions | (() => TlsOptions | Promise<TlsOptions>) | null
  /**
   * The identity to present by SASL right after each handshake, before anything else; a function is called for each attempt.
   * Null (the default) for none.
   */
  sasl?: SaslOptions | (() => SaslOptions | Promise<SaslOptions>) | null
  /** True to allow secrets of `addAuth` and DIGEST-MD5 on connections that are neither encrypted nor local. Default false. */
  allowInsecureAuth?: boolean
  /** The fate of a request that is made while there is no connection. Default `wait`. */
  whenDisconnected?: 'wait' | 'reject'
  /** The number of requests on the wire at a time. Default 1000, a server's own default limit for all its clients. */
  maxInFlight?: number
  /** The bytes of requests that may wait to be sent: a request is taken while fewer wait. Default 64 MiB. */
  maxQueuedBytes?: number
  /**
   * The fate of a request that finds the queue full: `reject` (the default) fails it with QUEUE_FULL; `wait` keeps it, not
   * encoded yet and without a bound, until there is room.
   */
  whenFull?: 'wait' | 'reject'
  /** The longest request, in bytes. Default 1 048 575, as the server's `jute.maxbuffer`. */
  maxRequestSize?: number
  /** The longest reply, in bytes. A request with a longer one fails with RESPONSE_TOO_LARGE. Default 1 048 575; raise it with the server's `jute.maxbuffer`. */
  maxResponseSize?: number
  /** The pauses between attempts: random, up to `initial` at first; the bound doubles each time all servers have failed, up to `max`. Default 200 and 5000. */
  backoff?: { initial: number; max: number }
  /**
   * The time for which a leader may tell that it is behind what this client has seen, as after a loss of data, before the
   * newest zxid is forgotten. Default `sessionTimeout`, at least 15 000; Infinity for never. Where no server tells why it refuses a new
   * session (`srvr` is forbidden), it is this time as well, by default 10 session timeouts, at least 60 000.
   */
  zxidGrace?: number
  /** True to try the servers in random order. Default true. */
  shuffle?: boolean
  /**
   * True to add the place where a request was made to the stack of its error. It costs each request the time of a stack
   * trace, some microseconds. Default false, or true if the environment variable ZOOKIT_DEBUG has `stacks`.
   */
  callSites?: boolean
  /** The longest time that `close()` waits for the server. Default 5000. */
  closeTimeout?: number
  /** The clock, timers, random numbers, resolver and sockets. Default Node's. */
  environment?: Environment
}

/** The options with their defaults filled in. */
export type ResolvedOptions = Required<Omit<SessionOptions, 'session' | 'zxidGrace'>> & {
  session: SessionIdentity | null
  zxidGrace: Grace
} & QueueLimits

/** Fills the defaults in. */
export function resolveOptions(options: SessionOptions): ResolvedOptions {
  const sessionTimeout = options.sessionTimeout ?? 30_000
  return {
    servers: options.servers,
    srv: options.srv ?? null,
    sessionTimeout,
    session: options.session ?? null,
    readOnly: options.readOnly ?? false,
    renew: options.renew ?? true,
    tls: options.tls ?? null,
    sasl: options.sasl ?? null,
    allowInsecureAuth: options.allowInsecureAuth ?? false,
    whenDisconnected: options.whenDisconnected ?? 'wait',
    maxInFlight: options.maxInFlight ?? 1000,
    maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
    whenFull: options.whenFull ?? 'reject',
    maxRequestSize: options.maxRequestSize ?? DEFAULT_MAX_FRAME,
    maxResponseSize: options.maxResponseSize ?? DEFAULT_MAX_FRAME,
    backoff: options.backoff ?? { initial: 200, max: 5000 },
    zxidGrace: {
      told: options.zxidGrace ?? Math.max(sessionTimeout, 15_000),
      untold: options.zxidGrace ?? Math.max(10 * sessionTimeout, 60_000),
    },
    shuffle: options.shuffle ?? true,
    callSites: options.callSites ?? debugTopics.has('stacks'),
    closeTimeout: options.closeTimeout ?? 5000,
    environment: options.environment ?? nodeEnvironment,
  }
}
