import { DEFAULT_MAX_FRAME } from '@zookit/jute'
import { type Environment, nodeEnvironment } from './environment.ts'
import type { TlsOptions } from './link/transport.ts'
import type { PipelineLimits } from './requests/pipeline.ts'
import type { ServerAddress } from './servers/connect-string.ts'

/** A session's identity, which another process can take over. As good as the session itself: keep it secret. */
export interface SessionIdentity {
  id: bigint
  password: Buffer
}

/** What a session is made with. Every time is in milliseconds. */
export interface SessionOptions {
  /** The ensemble; tried in random order unless `shuffle` is false. */
  servers: readonly ServerAddress[]
  /** The DNS name of an SRV record that lists the servers, in their stead. */
  srv?: string | null
  /** What is asked for; the server clamps it, usually to 2 to 20 ticks. Default 30 000. */
  sessionTimeout?: number
  /** A session to take over. */
  session?: SessionIdentity
  /** Whether a server that has lost its quorum will do, for reads. Default false. */
  readOnly?: boolean
  /** Whether an expired session is followed by a new one. Default true. */
  renew?: boolean
  /** Node's TLS options, or a function that is asked at each attempt; null (the default) for plain TCP. */
  tls?: TlsOptions | (() => TlsOptions | Promise<TlsOptions>) | null
  /** Allows digest passwords on connections that are neither encrypted nor local. Default false. */
  allowInsecureAuth?: boolean
  /** What becomes of a request while there is no connection. Default `wait`. */
  whenDisconnected?: 'wait' | 'reject'
  /** Requests on the wire at a time. Default 1000, a server's own default limit for all its clients. */
  maxInFlight?: number
  /** Bytes of requests that wait for their turn. Default 64 MiB. */
  maxQueuedBytes?: number
  /** What becomes of a request that finds the queue full. Default `wait`. */
  whenFull?: 'wait' | 'reject'
  /** The longest request, in bytes. Default 1 048 575, as the server's `jute.maxbuffer`. */
  maxRequestSize?: number
  /** The longest reply, in bytes. Default 1 048 575; raise it with the server's `jute.maxbuffer`. */
  maxResponseSize?: number
  /** Pauses between attempts: up to `initial`, doubled each time all servers have failed, up to `max`. Default 200 and 5000. */
  backoff?: { initial: number; max: number }
  /** For how long all servers may refuse a new session before the newest zxid seen is forgotten. Default 10 session timeouts, at least 60 000; Infinity never. */
  zxidGrace?: number
  /** Whether the servers are tried in random order. Default true. */
  shuffle?: boolean
  /** How long `close()` waits for the server's answer. Default 5000. */
  closeTimeout?: number
  /** Clock, timers, random numbers, resolver and sockets. */
  environment?: Environment
}

/** The options with their defaults filled in. */
export type ResolvedOptions = Required<Omit<SessionOptions, 'session'>> & {
  session: SessionIdentity | null
} & PipelineLimits

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
    allowInsecureAuth: options.allowInsecureAuth ?? false,
    whenDisconnected: options.whenDisconnected ?? 'wait',
    maxInFlight: options.maxInFlight ?? 1000,
    maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
    whenFull: options.whenFull ?? 'wait',
    maxRequestSize: options.maxRequestSize ?? DEFAULT_MAX_FRAME,
    maxResponseSize: options.maxResponseSize ?? DEFAULT_MAX_FRAME,
    backoff: options.backoff ?? { initial: 200, max: 5000 },
    zxidGrace: options.zxidGrace ?? Math.max(10 * sessionTimeout, 60_000),
    shuffle: options.shuffle ?? true,
    closeTimeout: options.closeTimeout ?? 5000,
    environment: options.environment ?? nodeEnvironment,
  }
}
