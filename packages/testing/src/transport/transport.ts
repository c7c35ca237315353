/** The receiver of a transport's bytes: a connection. */
export interface TransportHandler {
  /** Takes bytes that the client sent; the memory stays the caller's. */
  receive(chunk: Uint8Array): void
  /** The transport has sent its backlog. */
  onDrain(): void
  /** The transport is closed, by either side. */
  onClose(): void
}

/** A connection's way to its client: what the core knows of a socket. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** The subject of the certificate that the client showed, as X.500 writes it; null for none. */
  readonly clientName: string | null
  /** Bytes given to `write` that have not left the process. */
  readonly backlog: number
  /**
   * Sends bytes.
   *
   * @returns true when they have left, so that their memory may be written again at once.
   */
  write(bytes: Buffer): boolean
  /** Stops reading. */
  pause(): void
  /** Goes on reading. */
  resume(): void
  /** Closes after everything written has left. */
  end(): void
  /** Closes at once; with `reset`, by a TCP reset. */
  destroy(reset: boolean): void
}
