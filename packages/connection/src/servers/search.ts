import types from 'node:util/types'
import type { Timer } from '../environment.ts'
import { ZooKeeperError } from '../errors.ts'
import { Cancellation, withDeadline } from '../link/deadline.ts'
import { formatServer, type ServerAddress } from '../link/server-address.ts'
import type { Backoff, Timeouts } from '../link/timeouts.ts'
import type { AttemptContext, AttemptTarget, TransportSecurity } from './attempt.ts'
import { FourLetterWord } from './four-letter-word.ts'
import { Race, type RaceTarget } from './race.ts'
import { connectFailed, notConnected, refused } from './refusals.ts'
import { readStanding, type SeenHistory } from './seen-history.ts'
import type { ServerList } from './server-list.ts'

/** The shortest pause, in milliseconds. */
const SHORTEST_PAUSE = 1

/** The longest time for a server to tell why it has refused, in milliseconds. */
const LONGEST_INQUIRY = 1000

/** A refused handshake whose reason is not known: the server closed the connection without an answer. */
interface Silent {
  readonly error: ZooKeeperError
  readonly target: AttemptTarget
}

/** The parts of a session that a search needs. */
export interface SearchContext extends AttemptContext {
  readonly servers: ServerList
  readonly backoff: Backoff
  readonly history: SeenHistory
  /** The spread of the pauses between servers of one round, in milliseconds. */
  readonly jitter: number
  /** Called before each attempt: certificates and secrets may change. */
  prepare(): TransportSecurity | Promise<TransportSecurity>
  timeouts(): Timeouts
  /** An attempt failed. The search goes on. */
  onFailure(error: ZooKeeperError, server: ServerAddress | null): void
}

/** One search for a server that takes the session, round after round until one does or the search is cancelled. */
export class Search {
  readonly #context: SearchContext
  readonly #end = new Cancellation()
  #race: Race | null = null
  #inquiry: FourLetterWord | null = null
  #timer: Timer | null = null
  #wake: (() => void) | null = null
  #paused = false
  /** The number of turns that servers still have. */
  #left = Number.POSITIVE_INFINITY
  #over: () => void = () => {}

  constructor(context: SearchContext) {
    this.#context = context
  }

  /** Stops the search at once: no socket and no timer is left, and nothing is reported any more. */
  cancel(): void {
    this.#end.cancel()
    this.#race?.cancel()
    this.#inquiry?.finish(null)
    this.#timer?.cancel()
    this.#wake?.()
  }

  get #cancelled(): boolean {
    return this.#end.cancelled
  }

  /** True while the turns of the servers are counted. */
  get #isLast(): boolean {
    return this.#left !== Number.POSITIVE_INFINITY
  }

  /** Gives each server one more turn at most, without pauses. `over` is called if none has taken the session. */
  finish(over: () => void): void {
    // The turn of one of them has begun.
    this.#left = this.#context.servers.size - 1
    this.#over = over
    this.#inquiry?.finish(null)
    if (this.#timer === null) return
    this.#timer.cancel()
    this.#wake?.()
  }

  /** Ends an attempt at a server that is not in the list any more: the list was replaced. */
  reconsider(): void {
    const race = this.#race
    if (race && !this.#context.servers.has(race.server)) race.fail(dismissed(race.server))
  }

  /** Runs the search. @param waitsFirst true to wait before the first attempt, too, as after a lost connection. */
  async run(waitsFirst: boolean): Promise<void> {
    for (let first = !waitsFirst; !this.#cancelled; first = false) {
      if (!first && this.#left-- <= 0) return this.#over()
      const server = await this.#next(first)
      if (server === null || this.#cancelled) continue
      if (await this.#tryServer(server)) return
    }
  }

  /** Waits until it is time for the next server. @returns null if no server is known. */
  async #next(first: boolean): Promise<ServerAddress | null> {
    const { servers, backoff, jitter, environment } = this.#context
    const random = (): number => environment.random()
    try {
      const draw = () => servers.next(this.#context.timeouts().connect, this.#end)
      const { server, wrapped } = await draw()
      if (!first) await this.#pause(wrapped ? backoff.next(random) : random() * jitter)
      // The list may have been replaced meanwhile, by a listener of the lost connection to begin with.
      return this.#cancelled || servers.has(server) ? server : (await draw()).server
    } catch (error) {
      this.#report(error, null)
      await this.#pause(backoff.next(random))
      return null
    }
  }

  /** Pauses. Only the first pause may be none, so that failures never become a hot loop. */
  #pause(delay: number): Promise<void> {
    const isNone = delay < SHORTEST_PAUSE && !this.#paused
    this.#paused = true
    if (isNone || this.#cancelled || this.#isLast) return Promise.resolve()
    return new Promise(resolve => {
      const end = (): void => {
        this.#timer = null
        resolve()
      }
      this.#wake = end
      this.#timer = this.#context.environment.setTimer(end, delay)
    })
  }

  /** Tries every address of a server's name. */
  async #tryServer(server: ServerAddress): Promise<boolean> {
    const { environment, servers } = this.#context
    try {
      const resolved = await this.#inTime(
        `the resolver, for ${server.host}`,
        environment.resolve(server.host),
      )
      if (this.#cancelled) return true
      if (resolved.length === 0) throw notConnected(server, 'the resolver knows no address of this name')
      const tls = await this.#inTime('TLS options and secrets', this.#context.prepare())
      if (this.#cancelled) return true
      if (!servers.has(server)) throw dismissed(server)
      const silent: Silent[] = []
      const addresses = servers.addresses.order(server, resolved)
      if (await this.#raceTo({ server, addresses, tls, timeout: this.#context.timeouts().connect }, silent))
        return true
      for (const each of silent) this.#report(await this.#explain(each), server)
    } catch (error) {
      this.#report(error, server)
    }
    return false
  }

  /** Bounds one step of an attempt. */
  #inTime<T>(of: string, promise: T | Promise<T>): T | Promise<T> {
    if (!types.isPromise(promise)) return promise
    const timeout = this.#context.timeouts().connect
    return withDeadline(this.#context.environment, promise, { timeout, cancellation: this.#end, of })
  }

  /** Tries the addresses. Refusals whose reason can be asked for are added to `silent`; other failures are reported. */
  #raceTo(target: RaceTarget, silent: Silent[]): Promise<boolean> {
    const context = this.#context
    const { server } = target
    return new Promise(resolve => {
      const over = (won: boolean): void => {
        this.#race = null
        resolve(won)
      }
      this.#wake = () => over(true)
      this.#race = new Race(context, target, {
        failed: (error, attempted, closed) => {
          context.servers.addresses.failed(server, attempted.address)
          if (closed && context.history.isLong) silent.push({ error, target: attempted })
          else this.#report(error, server)
        },
        over,
      })
      this.#race.start()
    })
  }

  /** Asks a server that has closed the handshake without an answer for its role, and returns the error with the reason. */
  async #explain({ error, target }: Silent): Promise<ZooKeeperError> {
    const { environment, history } = this.#context
    if (this.#cancelled) return error
    const { server } = target
    const timeout = Math.min(this.#context.timeouts().connect, LONGEST_INQUIRY)
    this.#inquiry = new FourLetterWord(environment, target, 'srvr', timeout)
    const answer = await this.#inquiry.answer
    this.#inquiry = null
    if (this.#cancelled) return error
    const standing = answer === null ? null : readStanding(answer)
    const isNew = this.#context.handshake().sessionId === 0n
    const reason = history.judge(standing, isNew, this.#context.servers.size)
    return reason === null ? error : refused(server, reason, error.cause)
  }

  #report(error: unknown, server: ServerAddress | null): void {
    if (this.#cancelled) return
    const known = ZooKeeperError.is(error)
    this.#context.onFailure(known ? error : connectFailed(server, error), server)
  }
}

function dismissed(server: ServerAddress): ZooKeeperError {
  const message = `${formatServer(server)}: not in the list of servers any more`
  return new ZooKeeperError('CONNECT_FAILED', { message })
}
