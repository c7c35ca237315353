import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import types from 'node:util/types'
import type { TlsOptions, Transport, TransportHandler, TransportTarget } from './transport.ts'

/** The memory for bytes that are dropped. */
const NOWHERE = Buffer.alloc(1)

/**
 * The most bytes that the socket is given while it holds as many. Node tells when the kernel has taken all of a write, never
 * how much of it: from one write of many megabytes a slow peer would look like one that reads nothing.
 */
const PIECE = 64 * 1024

/** Opens a TCP or TLS connection: the only place that does. */
export function openTcp(target: TransportTarget, handler: TransportHandler): Transport {
  return new TcpTransport(target, handler)
}

class TcpTransport implements Transport {
  readonly #socket: Socket
  #handler: TransportHandler | null
  /** The bytes that the socket was not given yet, oldest first, and their number. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  readonly #onTaken = (error?: Error | null): void => {
    if (error || this.#handler === null) return
    this.#feed()
    this.#handler.onDrain(this.#held)
  }

  constructor(target: TransportTarget, handler: TransportHandler) {
    this.#handler = handler
    this.#socket = dial(target, this.#onread())
    this.#socket.once(target.tls ? 'secureConnect' : 'connect', () => this.#handler?.onOpen())
    this.#socket.once('end', () => this.#end(null))
    this.#socket.once('close', () => this.#end(null))
    // This listener stays: a socket may report more than one error, and none may be an uncaught exception.
    this.#socket.on('error', error => this.#end(error))
  }

  /** Reads straight into the handler's memory: no Buffer is made for each chunk, and no stream machinery runs. */
  #onread(): OnReadOpts {
    return {
      buffer: () => this.#handler?.space() ?? NOWHERE,
      callback: size => this.#handler?.onBytes(size) ?? false,
    }
  }

  #end(error: Error | null): void {
    const handler = this.#handler
    this.destroy()
    handler?.onClose(error)
  }

  write(bytes: Uint8Array): number {
    const socket = this.#socket
    if (this.#waitingBytes === 0 && bytes.length <= PIECE && socket.writableLength === 0) {
      socket.write(bytes)
      return socket.writableLength
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#feed()
    return this.#held
  }

  get #held(): number {
    return this.#waitingBytes + this.#socket.writableLength
  }

  /** Gives the socket pieces while it holds less than one. */
  #feed(): void {
    while (this.#waitingBytes > 0 && this.#socket.writableLength < PIECE) {
      const bytes = this.#waiting[0]!
      const piece = bytes.length <= PIECE ? bytes : bytes.subarray(0, PIECE)
      if (piece === bytes) this.#waiting.shift()
      else this.#waiting[0] = bytes.subarray(PIECE)
      this.#waitingBytes -= piece.length
      this.#socket.write(piece, this.#onTaken)
    }
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    this.#handler = null
    this.#waiting = []
    this.#waitingBytes = 0
    this.#socket.destroy()
  }
}

function dial(target: TransportTarget, onread: OnReadOpts): Socket {
  const { address, port, tls } = target
  return tls ? dialTls(target, tls, onread) : connectTcp({ host: address, port, onread, noDelay: true })
}

function dialTls({ address, port, host }: TransportTarget, tls: TlsOptions, onread: OnReadOpts): Socket {
  // Loaded when it is needed: it would be a quarter of the time that an import of this package takes.
  const {
    checkServerIdentity,
    connect: connectTls,
    createSecureContext,
  } = process.getBuiltinModule('node:tls')
  // The configured name is verified, never the address that it resolved to. SNI carries names only, and without the dot at
  // the end of an absolute one (RFC 6066, 3), for which Java ends the handshake.
  const name = tls.servername ?? host
  const verify = tls.checkServerIdentity ?? checkServerIdentity
  try {
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      ...withoutSecrets(tls),
      secureContext: tls.secureContext ?? createSecureContext(tls),
      host: address,
      port,
      onread,
      servername: isIP(name) ? '' : name.replace(/\.$/, ''),
      checkServerIdentity: (_, certificate) => verify(name, certificate),
    }
    return connectTls(options).setNoDelay(true)
  } catch (error) {
    throw withoutValue(error)
  }
}

/** Returns Node's error about an option without the option's value, which may be a passphrase. Others stay as they are. */
function withoutValue(error: unknown): unknown {
  if (!types.isNativeError(error)) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  if (!code.startsWith('ERR_INVALID_ARG_')) return error
  return new TypeError(message.replace(/\.? Received .*$/s, ''))
}

/** Returns options that a socket may keep while it lives: what they prove is in the context already. */
function withoutSecrets({ key, passphrase, pfx, ...others }: TlsOptions): TlsOptions {
  return others
}
