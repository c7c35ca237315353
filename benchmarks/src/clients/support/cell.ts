/** Loads that issue one request after another. */
export type RequestLoad =
  | 'getData'
  | 'exists'
  | 'setData'
  | 'createDelete'
  | 'getChildren'
  | 'mixed'
  | 'multi'

/** Loads that are about connections and watches. */
export type SessionLoad = 'connect' | 'storm' | 'fanOut' | 'reconnect'

/** What one process is to measure: the first line on its stdin. */
export interface Cell {
  /** `host:port`. */
  hosts: string
  load: RequestLoad | SessionLoad
  /** Requests, or connections, at a time. */
  inFlight: number
  /** The node that is read and written. */
  node: string
  /** The size of its data, in bytes. */
  payload: number
  /** The node whose children are listed. */
  parent: string
  /** Watches to arm. */
  watched: number
  /** Requests per second of an open loop; 0 for a closed one: the next request when one is answered. */
  rate: number
  /** Which of several connections of one process this is; 0 for the only one. */
  connection?: number
}

/** One round, a line on stdin. */
export interface RoundOrder {
  /** For how long new requests are issued. What is in flight then is awaited, and counted. */
  seconds: number
}

/** What came of a round, a line on stdout. */
export interface RoundResult {
  /** Operations that were completed. */
  ops: number
  /** From the first request to the last reply. */
  seconds: number
  /** CPU time of the process in that time, in microseconds. */
  user: number
  system: number
  /** Microseconds from a request to its reply, of a sample. */
  p50: number
  p99: number
  /** Microseconds, of all requests, from when each was due: an open loop only. */
  percentiles?: Record<string, number>
  /** What a watch costs beyond its path's string: heap after a collection, watch fan-out only. */
  bytesPerWatch?: number
  /** The highest resident set of the process so far, in bytes. */
  rss: number
}

/** The answer to the first line. */
export interface Readiness {
  ready?: true
  /** The version of the client that is measured. */
  version?: string
  /** Why this client has no part in this load. */
  skip?: string
  error?: string
}

/** Said when watches are armed: now the runner fires them, or drops the connection. */
export interface Armed {
  armed: number
}
