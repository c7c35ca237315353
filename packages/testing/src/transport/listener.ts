import type { TlsOptions } from 'node:tls'
import type { Transport, TransportHandler } from './transport.ts'

/** Node's options for a TLS server. */
export type ServerTlsOptions = TlsOptions

/** The address that a listener listens on. */
export interface ListenerOptions {
  readonly host: string
  /** 0 for any free port: one that the system gives to no outgoing connection. The listener keeps it over a restart. */
  readonly port: number
  readonly tls: ServerTlsOptions | undefined
}

/** Takes a new connection. Returns null when it has closed the connection at once. */
export type Accept = (transport: Transport) => TransportHandler | null

/** The place at which a server takes connections. */
export interface Listener {
  readonly host: string
  /** The port: the same one from the first `open` on. */
  readonly port: number
  /** The address as a connect string has it. */
  readonly hosts: string
  readonly listening: boolean
  /** Starts to listen. Rejects with the system's error, such as EADDRINUSE. */
  open(): Promise<void>
  /** Stops listening and keeps the open connections. New connections are refused from the moment of the call. */
  refuse(): Promise<void>
  /** Stops listening and closes every connection. */
  close(): Promise<void>
}

/** Makes the listener of a server. */
export type Listen = (accept: Accept, options: ListenerOptions) => Listener
