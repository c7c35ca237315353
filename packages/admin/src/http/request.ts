import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { counted, type TlsOptions } from '@zookit/connection'
import { AdminError, type AdminErrorCode } from '../admin-error.ts'
import { isTlsRecord, speaksNoTls, tlsReason, unusableTls } from '../tls-words.ts'
import { Source } from './source.ts'

/** The bounds and the TLS options of a request. */
export interface RequestOptions {
  /** Milliseconds without a sign of life from the server, the wait for its answer included. */
  timeout: number
  signal: AbortSignal | null
  tls: TlsOptions | null
}

/** A request to AdminServer. */
export interface AdminRequest {
  /** The command, for messages. */
  command: string
  url: URL
  headers: Readonly<Record<string, string>>
  /** The body of a POST; null for a GET. */
  body: Readable | null
}

/** An answer whose body was not read yet. */
export interface AdminResponse {
  status: number
  header(name: string): string | null
  body: IncomingMessage
  /** Returns true once the server let too much time pass. */
  isLate(): boolean
}

/** Errors of a socket that say nothing about TLS. */
const SOCKET_ERROR = /^E(?!PROTO)[A-Z]+$/

/** The end of a request whose time is over. */
const LATE = new Error('the time is over')
/** The end of one whose time is over because the caller's stream gave nothing. */
const LATE_SOURCE = new Error('the time of the stream that was to be sent is over')

function failure(request: AdminRequest, error: Error, { timeout, signal }: RequestOptions): AdminError {
  const details = { server: request.url.origin, command: request.command, cause: error }
  if (signal?.aborted) return new AdminError('ABORTED', 'the signal was aborted', details)
  if (error instanceof AdminError) return error
  if (error === LATE_SOURCE)
    return new AdminError('TIMEOUT', `the stream that was to be sent gave nothing in ${timeout} ms`, details)
  if (error === LATE)
    return new AdminError('TIMEOUT', `no whole answer in ${timeout} ms: is the server overloaded?`, details)
  const [kind, reason] = explain(error, request.url.protocol === 'https:')
  return new AdminError(kind, reason, details)
}

/** Tells what happened, and what to do. */
function explain(
  error: Error & { code?: string; rawPacket?: Uint8Array },
  isTls: boolean,
): [AdminErrorCode, string] {
  const { code = '', rawPacket } = error
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    const doubt = isTls ? 'does it speak TLS there' : 'does it expect https'
    return ['CLOSED', `the server closed the connection: is it AdminServer, and ${doubt}?`]
  }
  if (code.startsWith('HPE_')) {
    if (!isTls && rawPacket && isTlsRecord(rawPacket))
      return ['TLS_FAILED', 'the port speaks TLS: use https:, and set tls.ca if its authority is your own']
    return ['MALFORMED_ANSWER', 'the answer is no HTTP: is it the port of AdminServer (admin.serverPort)?']
  }
  if (!isTls || SOCKET_ERROR.test(code))
    return ['CONNECT_FAILED', `${error.message || code}: is admin.enableServer on, and the port right?`]
  if (speaksNoTls(error))
    return [
      'TLS_FAILED',
      'the port does not speak TLS: use http:, or set admin.portUnification=true in the server',
    ]
  if (code.startsWith('ERR_OSSL_')) return ['TLS_FAILED', unusableTls(error)]
  const advice = 'check tls.ca, tls.cert, the host name, and that AdminServer speaks TLS there'
  return ['TLS_FAILED', `${tlsReason(error)}: ${advice}`]
}

/**
 * Sends a request, and resolves when the head of the answer is there.
 *
 * @throws AdminError (as a rejection).
 */
export async function send(request: AdminRequest, options: RequestOptions): Promise<AdminResponse> {
  const { url, headers, body } = request
  const { tls, timeout, signal } = options
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  // A connection of its own for each request: nothing stays open, and no socket that the server has closed is used again.
  const common = { method: body ? 'POST' : 'GET', headers, agent: false as const, ...(signal && { signal }) }
  const source = body && new Source(body, { server: url.origin, command: request.command })
  let late: Error | null = null
  let deadline: NodeJS.Timeout | undefined
  try {
    return await new Promise<AdminResponse>((resolve, reject) => {
      const outgoing = open(url, { ...(tls as object), ...common }, response => {
        const header = (name: string): string | null => response.headers[name]?.toString() ?? null
        resolve({ status: response.statusCode ?? 0, header, body: response, isLate: () => late !== null })
      })
      const giveUp = (): void => {
        late = source?.isWaitedFor && outgoing.socket?.connecting === false ? LATE_SOURCE : LATE
        outgoing.destroy(late)
      }
      // Silence ends every request. The head of the answer to one without a body must be whole in time, too.
      outgoing.setTimeout(timeout, giveUp)
      if (body === null) deadline = setTimeout(giveUp, timeout)
      outgoing.on('error', reject)
      if (source) pipeline(source.bytes(), outgoing).catch(reject)
      else outgoing.end()
    })
  } catch (error) {
    source?.destroy()
    throw failure(request, late ?? (error as Error), options)
  } finally {
    clearTimeout(deadline)
  }
}

/**
 * Reads a whole body of at most `maxBytes`.
 *
 * @throws AdminError (as a rejection).
 */
export async function readBody(
  response: AdminResponse,
  maxBytes: number,
  request: AdminRequest,
  options: RequestOptions,
): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  const deadline = setTimeout(() => response.body.destroy(LATE), options.timeout)
  try {
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > maxBytes) {
        const details = { server: request.url.origin, command: request.command }
        throw new AdminError(
          'ANSWER_TOO_LONG',
          `the answer has more than ${counted(maxBytes, 'byte')}: raise maxBytes`,
          details,
        )
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw failure(request, response.isLate() ? LATE : (error as Error), options)
  } finally {
    clearTimeout(deadline)
    response.body.destroy()
  }
  return Buffer.concat(chunks).toString('utf8')
}
