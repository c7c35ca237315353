import type { ConnectionOptions } from 'node:tls'

/** Node's options for a TLS connection. The server's name is always sent and verified unless they say otherwise. */
export type TlsOptions = ConnectionOptions

/** A server as the user named it. */
export interface TransportTarget {
  /** The address to dial. */
  address: string
  port: number
  /** The configured name, which TLS verifies; the resolver's answer is never trusted for that. */
  host: string
  /** Node's TLS options, or null for plain TCP. */
  tls: TlsOptions | null
}

/** Who owns a transport. After `onClose`, or after `destroy()`, nothing is called any more. */
export interface TransportHandler {
  /** The connection stands, TLS included. */
  onOpen(): void
  /** Where the next bytes are to be put: asked for before each read. */
  space(): Buffer
  /** The first `size` bytes of the last `space()` came in. False stops reading until `resume()`. */
  onBytes(size: number): boolean
  /** Everything written has left this process. */
  onDrain(): void
  /** The connection ended: with an error, or null when the peer closed it in good order. */
  onClose(error: Error | null): void
}

/** A byte stream to a server. */
export interface Transport {
  /**
   * Sends bytes.
   *
   * @returns how many bytes have not left this process yet, `onDrain` is called when all have: until then they must not
   *   change. With 0 their memory is the caller's again.
   */
  write(bytes: Uint8Array): number
  /** Goes on reading after `onBytes` returned false. */
  resume(): void
  /** Closes the stream at once. */
  destroy(): void
}
