import type { ConnectionOptions } from 'node:tls'

/** Node's options for a TLS connection. Unless they say otherwise, the server's name is always sent and verified. */
export type TlsOptions = ConnectionOptions

/** The target of a connection. */
export interface TransportTarget {
  /** The address to dial. */
  address: string
  port: number
  /** The configured name. TLS verifies this name, never an answer of DNS. */
  host: string
  /** Node's TLS options, or null for plain TCP. */
  tls: TlsOptions | null
}

/** The listener of a transport. After `onClose`, or after `destroy()`, nothing is called any more. */
export interface TransportHandler {
  /** The connection is open, TLS included. */
  onOpen(): void
  /** Returns the memory for the next bytes. Called before each read. */
  space(): Buffer
  /** Handles the bytes that were read: the first `size` of the last `space()`. @returns false to stop reading until `resume()`. */
  onBytes(size: number): boolean
  /** Called when some of the bytes that the transport held have left this process. `held` of them have not; at 0 all have. */
  onDrain(held: number): void
  /** The connection ended: with an error, or null if the peer closed it in good order. */
  onClose(error: Error | null): void
}

/** A byte stream to a server. */
export interface Transport {
  /**
   * Sends bytes.
   *
   * @returns how many bytes have not left this process yet. They must not change until `onDrain` says 0. At 0 the memory
   *   belongs to the caller again.
   */
  write(bytes: Uint8Array): number
  /** Continues to read after `onBytes` returned false. */
  resume(): void
  /** Closes the stream at once. */
  destroy(): void
}
