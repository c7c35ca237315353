import {
  type ConnectRequest,
  Framer,
  type Id,
  JuteError,
  type Reader,
  readAuthPacket,
  readConnectRequest,
  readGetSASLRequest,
  writeSetSASLResponse,
} from '@zookit/jute'
import { authenticate, saslIds, withIds } from '../auth/authentication.ts'
import { plainAddress } from '../auth/ip-address.ts'
import { SaslServer, type SaslStep } from '../auth/sasl.ts'
import type { Session } from '../database/sessions.ts'
import type { Timer } from '../environment.ts'
import { Err } from '../error-codes.ts'
import { decodeRequest, type RecordedRequest } from '../faults/recorder.ts'
import { Opcode } from '../opcodes.ts'
import { anyNull, readWithNulls } from '../operations/null-strings.ts'
import { Outbox } from '../transport/outbox.ts'
import type { Transport, TransportHandler } from '../transport/transport.ts'
import { requestText, sessionText } from './activity.ts'
import type { ClientConnection } from './client-connection.ts'
import { answerFourLetterWord, isFourLetterWord } from './four-letter.ts'
import { findResumed, grantedTimeout, refusesSilently, writeHandshake } from './handshake.ts'
import { beginReply, endReplyWithBody } from './replies.ts'
import { type Link, Requests } from './requests.ts'
import type { ServerCore } from './server-core.ts'

/** The number of unsent bytes at which the outbox is flushed before the whole chunk has been read. */
const FLUSH_AT = 128 * 1024
/** The number of unsent bytes at which the server stops reading the client's requests until they have left. */
const MAX_BACKLOG = 1024 * 1024
const NO_BYTES = Buffer.alloc(0)
const NO_ZXID = 0

/** Returns the ids of a new connection: the client's address, and the name in its certificate. */
function initialIds({ remoteAddress, clientName }: Transport): Id[] {
  const address: Id = { scheme: 'ip', id: plainAddress(remoteAddress) }
  return clientName === null ? [address] : [address, { scheme: 'x509', id: clientName }]
}

/**
 * One client's connection: bytes in, bytes out, the handshake and the authentication.
 *
 * `Requests` executes the requests, strictly in order. While one waits, those behind it stay unread in the framer.
 */
export class Connection implements Link, ClientConnection, TransportHandler {
  readonly core: ServerCore
  readonly transport: Transport
  readonly outbox: Outbox
  readonly requests: Requests
  /** 1 for the server's first connection. */
  readonly number: number
  /** Milliseconds since 1970. */
  readonly establishedAt: number
  /** The number of frames received. */
  received = 0
  readonly #framer: Framer
  #stage: 'start' | 'ready' | 'closed' = 'start'
  #sasl: SaslServer | null = null
  #handshakeTimer: Timer | null = null
  #echoReadOnly = false
  #reading = false
  #congested = false
  /** The time at which the current chunk came. The clock is read once for each chunk, because a reading costs 50 ns. */
  #time = 0

  constructor(core: ServerCore, transport: Transport, number: number) {
    this.core = core
    this.transport = transport
    this.number = number
    this.establishedAt = core.clock.wall()
    this.outbox = new Outbox(transport, core.flushQueue, core.clock, core.delivery)
    this.requests = new Requests(core, this, number, initialIds(transport))
    this.#framer = new Framer(core.settings.maxBuffer)
  }

  get session(): Session | null {
    return this.requests.session
  }

  get closed(): boolean {
    return this.#stage === 'closed'
  }

  /** Takes bytes that the client sent; the memory stays the caller's. */
  receive(chunk: Uint8Array): void {
    if (this.closed || this.outbox.muted) return
    try {
      this.#framer.push(chunk)
      this.#readFrames()
    } catch (error) {
      if (!JuteError.is(error)) throw error
      this.close()
    }
    this.core.flushQueue.flush()
  }

  /** Closes the connection if its client does not shake hands in time. */
  limitHandshake(): void {
    const { clock, settings } = this.core
    if (settings.handshakeTimeout === Number.POSITIVE_INFINITY) return
    this.#handshakeTimer = clock.after(settings.handshakeTimeout, () => {
      if (this.#stage === 'start') this.drop(false)
    })
  }

  /** The transport has sent its backlog. */
  onDrain(): void {
    if (!this.#congested) return
    this.#congested = false
    if (!this.core.connectionFaults.deaf) this.transport.resume()
    this.receive(NO_BYTES)
  }

  /** The transport is closed. */
  onClose(): void {
    this.#leave()
    this.core.closing.delete(this)
    this.outbox.cancel()
  }

  drop(reset: boolean): void {
    this.onClose()
    this.transport.destroy(reset)
  }

  close(): void {
    if (this.closed) return
    this.#leave()
    this.core.closing.add(this)
    this.outbox.end()
  }

  readOn(): void {
    if (!this.#reading) this.receive(NO_BYTES)
  }

  onSession(id: bigint): void {
    this.#establish(this.core.sequencer?.tracker.get(id) ?? null)
  }

  #leave(): void {
    if (this.closed) return
    this.#stage = 'closed'
    this.#handshakeTimer?.cancel()
    this.core.removeConnection(this)
  }

  #readFrames(): void {
    if (this.#stage === 'start' && this.#takeFourLetterWord()) return
    this.#reading = true
    this.#time = this.core.clock.now()
    try {
      while (!this.requests.waiting && !this.#congested && !this.closed && this.#framer.next()) {
        this.#onFrame(this.#framer.reader)
        if (this.outbox.writer.offset > FLUSH_AT) this.outbox.flush()
        if (this.transport.backlog > MAX_BACKLOG) this.#congest()
      }
    } finally {
      this.#reading = false
    }
  }

  #congest(): void {
    this.#congested = true
    this.transport.pause()
  }

  #takeFourLetterWord(): boolean {
    if (this.#framer.pending < 4) return false
    const word = this.#framer.reader.bytes.toString('latin1', 0, 4)
    if (!isFourLetterWord(word)) return false
    const argument = this.#framer.reader.bytes.subarray(4, this.#framer.pending)
    this.outbox.append(Buffer.from(answerFourLetterWord(this.core, word, argument)))
    this.close()
    return true
  }

  #onFrame(reader: Reader): void {
    const { core, requests } = this
    const handshake = this.#stage === 'start'
    core.recorder.record(this.number, requests.sessionId, this.#time, handshake, reader)
    this.received++
    core.statistics.received++
    if (handshake) this.#handshake(readConnectRequest(reader))
    else this.#onRequest(reader)
  }

  #handshake(request: ConnectRequest): void {
    const { core } = this
    this.#echoReadOnly = request.readOnly !== undefined
    if (refusesSilently(core, request)) return this.close()
    const timeout = grantedTimeout(core.settings, request.timeOut)
    if (request.sessionId === 0n) return this.#open(timeout)
    // As in Apache's server, the session's old connection closes even when the password is wrong.
    core.connectionOf(request.sessionId)?.close()
    const session = findResumed(core, request)
    if (session !== null && core.connectionFaults.swapSessions) return this.#open(timeout)
    if (session !== null) {
      session.timeout = timeout
      session.owner = core
      core.touch(session, this.#time)
    }
    this.#establish(session)
  }

  #open(timeout: number): void {
    const { core } = this
    const id = core.takeSessionId()
    if (core.mode !== 'read-only') return this.requests.openSession(id, timeout)
    this.#establish(core.localSessions.add(id, timeout, this.#time))
  }

  #establish(session: Session | null): void {
    writeHandshake(this.outbox.writer, session, this.core.mode === 'read-only', this.#echoReadOnly)
    this.requests.countSent()
    if (this.core.settings.log !== null) {
      const timeout = session === null ? 'refused as expired' : `with a timeout of ${session.timeout} ms`
      this.core.log(this.number, `${sessionText(session?.id ?? 0n)} ${timeout}`)
    }
    if (session === null) return this.close()
    this.requests.session = session
    this.core.bindSession(session, this)
    this.#stage = 'ready'
    this.#handshakeTimer?.cancel()
  }

  #onRequest(reader: Reader): void {
    const at = reader.offset
    const xid = reader.int()
    const opcode = reader.int()
    if (opcode === Opcode.auth || opcode === Opcode.sasl) {
      this.requests.begin()
      return opcode === Opcode.auth ? this.#authenticate(xid, reader) : this.#continueSasl(xid, reader)
    }
    if (!this.#isAuthenticated()) {
      this.requests.begin()
      this.requests.answer(xid, NO_ZXID, Err.SESSION_CLOSED_REQUIRE_SASL_AUTH)
      return this.close()
    }
    this.core.touch(this.session!, this.#time)
    if (this.core.settings.logRequests) this.requests.current = requestText(this.#decode(reader, at))
    const spared = opcode === Opcode.ping || !this.core.requestFaultsPossible
    if (spared || !this.#meetsFault(xid, reader, at)) this.requests.execute(xid, opcode, reader)
  }

  /** Applies a fault to a request. @returns true when the request must not be executed. */
  #meetsFault(xid: number, reader: Reader, at: number): boolean {
    const { core, requests } = this
    requests.begin()
    const fault = core.faults.take(this.#decode(reader, at))
    if (fault?.type === 'drop') {
      this.drop(false)
    } else if (fault?.type === 'answer') {
      requests.answer(xid, core.database.lastZxid, fault.err)
    } else if (fault === null && core.connectionFaults.throttled) {
      requests.answer(xid, core.database.lastZxid, Err.THROTTLED_OP)
    } else {
      requests.replyFault = fault
      return false
    }
    return true
  }

  #decode(reader: Reader, at: number): RecordedRequest {
    const frame = Buffer.from(reader.bytes.subarray(at, reader.limit))
    return decodeRequest(this.number, this.requests.sessionId, this.#time, false, frame)
  }

  #isAuthenticated(): boolean {
    const { requireAuth } = this.core.settings
    return requireAuth.length === 0 || this.requests.ids.some(({ scheme }) => requireAuth.includes(scheme))
  }

  #authenticate(xid: number, reader: Reader): void {
    const { scheme, auth } = readWithNulls(reader, readAuthPacket, anyNull)
    const address = plainAddress(this.transport.remoteAddress)
    const earned = authenticate(this.core.settings, address, scheme, auth)
    if (earned === 'other ensemble') return this.close()
    if (earned !== null) this.requests.ids = withIds(this.requests.ids, earned)
    this.requests.answer(xid, NO_ZXID, earned === null ? Err.AUTH_FAILED : Err.OK)
    if (earned === null) this.close()
  }

  #continueSasl(xid: number, reader: Reader): void {
    const { token } = readGetSASLRequest(reader)
    const { sasl } = this.core.settings
    // Without SASL, Apache's server answers with a null token and continues.
    if (sasl === null) return this.#answerSasl(xid, null)
    this.#sasl ??= new SaslServer(sasl, () => this.core.clock.random())
    const step: SaslStep = this.#sasl.step(token ?? NO_BYTES)
    if (step.type === 'failed') return this.#failSasl(xid)
    if (step.type === 'done') {
      this.requests.ids = withIds(this.requests.ids, saslIds(this.core.settings, step.user))
    }
    this.#answerSasl(xid, step.token)
  }

  #failSasl(xid: number): void {
    const { requireAuth, allowSaslFailedClients, release } = this.core.settings
    const required = requireAuth.includes('sasl')
    if (allowSaslFailedClients && !required) return this.#answerSasl(xid, null)
    if (!release.answersFailedSasl) return this.close()
    // Apache's Java client reports AuthFailed only when the reply has the body of a success, with a null token.
    this.#answerSasl(xid, null, required ? Err.SESSION_CLOSED_REQUIRE_SASL_AUTH : Err.AUTH_FAILED)
    this.close()
  }

  #answerSasl(xid: number, token: Buffer | null, err: number = Err.OK): void {
    const { writer } = this.outbox
    const at = beginReply(writer, xid, NO_ZXID)
    writeSetSASLResponse(writer, { token })
    endReplyWithBody(writer, at, err)
    this.requests.countSent()
  }
}
