import types from 'node:util/types'
import { op, type Reader, readReplyHeader, readSetSASLResponse } from '@zookit/jute'
import type { Environment, Timer } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { encodeControl } from '../link/control-frame.ts'
import { setDeadline } from '../link/deadline.ts'
import type { Link, LinkOwner } from '../link/link.ts'
import { formatServer } from '../link/server-address.ts'
import { notConnected } from '../servers/refusals.ts'
import type { SaslExchange, SaslMechanism, SaslServer, SaslStep } from './mechanism.ts'

/** The longest answer of a server during an exchange, in bytes. */
export const MAX_SASL_FRAME: number = 64 * 1024
/** The most tokens of one exchange: GSSAPI takes three or four. */
const MOST_STEPS = 16
const NOTHING = Buffer.alloc(0)

/** The listener of a login. Exactly one of its functions is called, unless the login is cancelled. */
export interface LoginReport {
  /** The server has accepted the identity, and has proved its own. */
  accepted(): void
  /** The identity is refused, or the server is not to be trusted. No retry follows. */
  refused(error: ZooKeeperError): void
  /** The connection is lost, or the exchange could not begin. */
  lost(error: Error | null): void
}

/** The server's answer to a token. */
interface Answer {
  readonly err: number
  readonly token: Uint8Array | null
}

/**
 * The SASL exchange on a new connection. It owns the link until it ends, and nothing else is sent meanwhile: a server that
 * demands SASL refuses whatever comes before.
 */
export class SaslLogin implements LinkOwner {
  readonly #link: Link
  readonly #mechanism: SaslMechanism
  readonly #report: LoginReport
  readonly #timer: Timer
  #exchange: SaslExchange | null = null
  #xid = 0
  #answered: ((answer: Answer) => void) | null = null
  #isOver = false

  /** @param timeout bounds the exchange, in milliseconds. */
  constructor(
    environment: Environment,
    link: Link,
    mechanism: SaslMechanism,
    timeout: number,
    report: LoginReport,
  ) {
    this.#link = link
    this.#mechanism = mechanism
    this.#report = report
    this.#timer = setDeadline(environment, timeout, () => {
      link.fail(this.#failed(`no end within ${Math.round(timeout)} ms`))
    })
  }

  /** Begins. The link must be in this login's hands. */
  start(): void {
    void this.#run()
  }

  /** Ends the login: nothing is reported any more. */
  cancel(): void {
    this.#isOver = true
    this.#timer.cancel()
    this.#answered = null
  }

  onOpen(): void {}

  onTurn(): void {}

  onFrame(reader: Reader, longLength: number): boolean {
    const answered = this.#answered
    if (longLength > 0)
      throw this.#failed(
        `the server sent a frame of ${longLength} bytes, over the limit of ${MAX_SASL_FRAME}`,
      )
    if (answered === null) throw this.#failed('the server sent a message before it was asked for one')
    this.#answered = null
    const { xid, err } = readReplyHeader(reader)
    if (xid !== this.#xid)
      throw this.#failed(`the server answered a request ${xid}, and was asked ${this.#xid}`)
    // An answer that refuses has a token in newer servers, and none in older ones.
    const token = err === 0 ? readSetSASLResponse(reader).token : null
    answered({ err, token: token === null ? null : Buffer.from(token) })
    return true
  }

  onLost(error: Error | null): void {
    if (this.#isOver) return
    this.cancel()
    this.#report.lost(ZooKeeperError.is(error) ? error : this.#closed(error))
  }

  async #run(): Promise<void> {
    const { host, port } = this.#link.server
    const { address, isPrivate } = this.#link
    const server: SaslServer = { host, port, address, isPrivate }
    let isBegun = false
    try {
      const exchange = checkedExchange(await this.#mechanism.start(server))
      this.#exchange = exchange
      let step = checkedStep(await exchange.step(NOTHING))
      isBegun = true
      for (let count = 1; !step.isLast; count++) {
        if (count === MOST_STEPS) throw new Error(`no end after ${MOST_STEPS} steps`)
        step = checkedStep(await exchange.step(this.#challengeOf(await this.#send(step))))
      }
      const { err, token } = await this.#send(step)
      this.#refuse(err)
      await exchange.verify(token)
      this.#end(() => this.#report.accepted())
    } catch (error) {
      this.#fail(error, isBegun)
    }
  }

  /** Sends a token, and waits for the answer. The answer to a login that is over never comes. */
  #send({ token }: SaslStep): Promise<Answer> {
    return new Promise(resolve => {
      if (this.#isOver) return
      this.#answered = resolve
      this.#link.write(encodeControl(++this.#xid, op.sasl, { token: Buffer.from(token) }))
    })
  }

  #challengeOf({ err, token }: Answer): Uint8Array {
    this.#refuse(err)
    if (token === null)
      throw new Error('the server has no SASL: set up its JAAS file and SASLAuthenticationProvider')
    return token
  }

  #refuse(err: number): void {
    if (err === 0) return
    const { code, errno } = ZooKeeperError.fromNumber(err)
    const how = code === 'AUTH_FAILED' ? '' : `with ${code} `
    throw new Error(`the server refused it ${how}(${errno}): check the identity and its secret`)
  }

  #end(report: () => void): void {
    if (this.#isOver) return
    this.cancel()
    report()
  }

  /** @param isBegun false if nothing was sent yet: a ticket may be renewed, and the next attempt may do better. */
  #fail(error: unknown, isBegun: boolean): void {
    this.#end(() => {
      const reason = types.isNativeError(error) ? error.message : String(error)
      if (isBegun) this.#report.refused(this.#refused(reason, error))
      else this.#report.lost(this.#failed(`the exchange could not begin: ${reason}`, error))
    })
  }

  #refused(reason: string, cause: unknown): ZooKeeperError {
    const message = `${formatServer(this.#link.server)}: ${this.#what}: ${reason}`
    return new ZooKeeperError('AUTH_FAILED', { message, operation: 'sasl', outcome: 'rejected', cause })
  }

  #failed(reason: string, cause?: unknown): ZooKeeperError {
    return notConnected(this.#link.server, `${this.#what}: ${reason}`, cause)
  }

  #closed(error: Error | null): ZooKeeperError {
    const how = error === null ? 'closed the connection without an answer' : `failed with "${error.message}"`
    return this.#failed(
      `the server ${how}: it stops, or it is older than 3.5 and refuses an identity or its secret in this way`,
      error ?? undefined,
    )
  }

  /** The mechanism and the identity, for messages. */
  get #what(): string {
    const { name } = this.#mechanism
    const principal = principalOf(this.#exchange) ?? principalOf(this.#mechanism)
    return `SASL ${name}${principal === undefined ? '' : ` as ${JSON.stringify(principal)}`}`
  }
}

/** Checks what `start` of a mechanism returned. @throws Error, before anything is sent. */
function checkedExchange(exchange: SaslExchange): SaslExchange {
  const { step, verify } = (exchange ?? {}) as Partial<SaslExchange>
  if (typeof step === 'function' && typeof verify === 'function') return exchange
  throw new Error('its start must return { step, verify }, two functions')
}

/** Checks what `step` of a mechanism returned. @throws Error, which does not show the token. */
function checkedStep(step: SaslStep): SaslStep {
  const { token, isLast } = (step ?? {}) as Partial<SaslStep>
  if (types.isUint8Array(token) && typeof isLast === 'boolean') return step
  throw new Error('its step must return { token, isLast }: bytes, and true or false')
}

/** Returns the identity for messages, which a mechanism of others may tell as anything. */
function principalOf(of: SaslExchange | SaslMechanism | null): string | undefined {
  try {
    const principal: unknown = of?.principal
    return typeof principal === 'string' ? principal : undefined
  } catch {
    return undefined
  }
}
