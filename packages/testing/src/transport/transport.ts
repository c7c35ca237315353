/** The receiver of a transport's bytes: a connection. */
export interface TransportHandler {
  /** Takes bytes that the client sent; the memory stays the caller's. */
  receive(chunk: Uint8Array): void
  /** The transport has sent its backlog. */
  onDrain(): void
  /** The transport is closed, by either side. */
  onClose(): void
}

/** The socket of a connection, as the server uses it. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** The subject of the client's certificate as an X.500 name; null for none. */
  readonly clientName: string | null
  /** The number of bytes given to `write` that have not left the process. */
  readonly backlog: number
  /**
   * Sends bytes.
   *
   * @returns true when they have left the process, so that their memory can be reused at once.
   */
  write(bytes: Buffer): boolean
  /** Stops reading. */
  pause(): void
  /** Resumes reading. */
  resume(): void
  /** Closes after everything written has left the process. */
  end(): void
  /** Closes at once; with `reset`, by a TCP reset. */
  destroy(reset: boolean): void
}
