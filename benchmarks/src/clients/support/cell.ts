/** Loads that issue one request after another. */
export type RequestLoad =
  | 'getData'
  | 'exists'
  | 'setData'
  | 'createDelete'
  | 'getChildren'
  | 'mixed'
  | 'multi'

/** Loads about connections and watches. */
export type SessionLoad = 'connect' | 'storm' | 'fanOut' | 'reconnect'

/** The order of a measurement: the first line on a process's stdin. */
export interface Cell {
  /** `host:port`. */
  hosts: string
  load: RequestLoad | SessionLoad
  /** The number of requests, or connections, at a time. */
  inFlight: number
  /** The znode that is read and written. */
  node: string
  /** The size of its data, in bytes. */
  payload: number
  /** The znode whose children are listed. */
  parent: string
  /** The number of watches to set. */
  watched: number
  /** Requests per second of an open loop; 0 for a closed loop, where each reply makes room for the next request. */
  rate: number
  /** The index of this connection among those of one process; 0 for the only one. */
  connection?: number
}

/** The order of one round: a line on stdin. */
export interface RoundOrder {
  /** The time during which new requests are issued. Requests in flight at its end are awaited and counted. */
  seconds: number
}

/** The result of a round: a line on stdout. */
export interface RoundResult {
  /** The number of completed operations. */
  ops: number
  /** The time from the first request to the last reply. */
  seconds: number
  /** CPU time of the process in that time, in microseconds. */
  user: number
  system: number
  /** Percentiles of the sampled latencies, in microseconds. */
  p50: number
  p99: number
  p999: number
  /** Percentiles in microseconds of all requests, each from the time at which it was due: open loop only. */
  percentiles?: Record<string, number>
  /** The heap of a watch after a collection, without the string of its path: load fanOut only. */
  bytesPerWatch?: number
  /** The highest resident set of the process so far, in bytes. */
  rss: number
}

/** The answer to the first line. */
export interface Readiness {
  ready?: true
  /** The version of the client that is measured. */
  version?: string
  /** The reason why this client cannot do this load. */
  skip?: string
  error?: string
}

/** The message that watches are set. The runner then fires them or drops the connection. */
export interface Armed {
  armed: number
}
