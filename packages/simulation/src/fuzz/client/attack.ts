import { Session, type WatchEvent } from '@zookit/connection'
import type { Random } from '../../../../jute/test/fuzz/mutate.ts'
import type { AllocationMeter } from '../../../../jute/test/support/allocations.ts'
import { clock, type Episode, Finding, newEpisode } from '../finding.ts'
import { BODIES } from '../frames.ts'
import { Bench, type MemorySocket, settled } from './bench.ts'
import { Call, Conversation, type HostileFrame } from './conversation.ts'

/** The memory that a connection's framer keeps, which it asks for once. */
const KEPT = 64 * 1024 + 4096
/** Calls that may be open at a time. */
const MOST_OPEN = 12
/** Connections of one session. */
const MOST_CONNECTIONS = 40
/** The turns of the clock within which a client that has lost its connection must dial again. */
const TURNS_AT_MOST = 200

/** One session under attack, over as many connections as it takes. */
class Victim {
  readonly session: Session
  readonly paths: string[] = []
  readonly #random: Random
  readonly #meter: AllocationMeter
  readonly #episode: Episode
  readonly #bench: Bench
  readonly #maxFrame: number
  readonly #unsent: Call[] = []
  readonly #lacking = new Set<number>()
  readonly #calls = new Set<Call>()
  #conversation: Conversation | null = null
  #finding: unknown = null
  #connections = 0
  #established = false
  #asked = 0

  constructor(random: Random, meter: AllocationMeter, episode: Episode) {
    this.#random = random
    this.#meter = meter
    this.#episode = episode
    this.#maxFrame = random.pick([1024, 0xfffff])
    this.#bench = new Bench(random, () => this.#onOpen())
    this.session = new Session({
      servers: [{ host: '10.0.0.1', port: 2181 }],
      environment: this.#bench,
      backoff: { initial: 1, max: 1 },
      maxInFlight: random.pick([1, 3, 1000]),
      maxResponseSize: this.#maxFrame,
      allowInsecureAuth: true,
    })
    this.session.on('listenerError', error => this.#note(error))
    this.session.on('attemptFailed', () => {})
  }

  /** Takes a new connection. @returns what takes its bytes. */
  #onOpen(): (bytes: Uint8Array, socket: MemorySocket) => void {
    const conversation = new Conversation(this.#unsent, this.#lacking, this.#maxFrame)
    const before = { conversation: this.#conversation, socket: this.#bench.socket }
    this.#conversation = conversation
    this.#established = false
    return (bytes, socket) => {
      this.#unmetered(() => conversation.read(bytes))
      if (!conversation.asksWord) return
      // The connection that the session uses, if there is one, is still the one under attack.
      if (this.#bench.socket === socket) {
        this.#bench.socket = before.socket
        this.#conversation = before.conversation
      }
      setImmediate(() => {
        socket.deliver(conversation.answerWord(this.#random))
        socket.close()
      })
    }
  }

  /** Attacks until the session has ended, or the frames are used up. */
  async attack(frames: number): Promise<void> {
    while (this.#episode.frames < frames && this.#connections < MOST_CONNECTIONS && !this.#hasEnded) {
      await this.#connect()
      while (this.#episode.frames < frames && this.#isOpen) await this.#round()
    }
  }

  /** Closes the session. @throws Finding if a promise is left. */
  async end(): Promise<void> {
    let closed = false
    void this.session.close().then(() => (closed = true))
    for (let turn = 0; !closed; turn++) {
      await settled()
      if (turn > TURNS_AT_MOST) throw new Finding('close() does not come back')
      if (!closed) this.#bench.step()
    }
    await settled()
    this.#check()
    if (this.#calls.size > 0) throw new Finding(`${this.#calls.size} requests were never settled`)
  }

  get #hasEnded(): boolean {
    return this.session.state === 'auth-failed' || this.session.state === 'closed'
  }

  get #isOpen(): boolean {
    return this.#bench.socket?.open === true && this.#conversation?.shaken === true
  }

  /** Waits until the client has sent a handshake, and answers it. */
  async #connect(): Promise<void> {
    for (let turn = 0; this.#conversation?.shaking !== true || this.#bench.socket?.open !== true; turn++) {
      await settled()
      if (turn > TURNS_AT_MOST)
        throw new Finding(`the client does not dial again; it is ${this.session.state}`)
      if (this.#hasEnded) return
      if (this.#conversation?.shaking !== true || !this.#bench.socket?.open) this.#bench.step()
      await settled()
    }
    this.#connections++
    this.#episode.connections++
    this.#deliver(this.#conversation, this.#conversation.shake(this.#random))
    await settled()
    this.#check()
  }

  async #round(): Promise<void> {
    const random = this.#random
    for (let i = random.below(4); i >= 0 && this.#calls.size < MOST_OPEN; i--) this.#call()
    await settled()
    for (let i = random.below(8); i >= 0 && this.#isOpen; i--) {
      this.#deliver(this.#conversation!, this.#conversation!.next(random, this.paths))
      if (random.below(4) === 0) await settled()
    }
    await settled()
    this.#check()
    if (random.below(16) === 0) this.#bench.advance(random.below(15_000))
    if (random.below(64) === 0) this.#bench.socket?.close()
    this.#established = true
  }

  #call(): void {
    const random = this.#random
    const { operation, body } = random.pick(BODIES)
    const path = (body as { path?: string } | null)?.path
    const hasRoom = this.paths.length < 8
    // An addWatch needs a listener.
    const watched =
      path !== undefined && (operation.watch === 'mode' || (operation.watch !== null && hasRoom))
    const call = new Call(operation, !watched, this.#lacking)
    if (watched && hasRoom && random.below(2) === 0) this.paths.push(path)
    this.#unsent.push(call)
    this.#calls.add(call)
    if (random.below(32) === 0 && this.#asked++ < 3)
      this.session.addAuth('digest', 'a:b' as never).catch(() => {})
    const options = watched ? { watcher: (event: WatchEvent) => this.#onEvent(path, event) } : undefined
    this.session.request(operation, body, options).then(
      result => this.#settle(call, () => call.onResult(result)),
      error => this.#settle(call, () => call.onError(error)),
    )
  }

  #settle(call: Call, judge: () => void): void {
    this.#calls.delete(call)
    // A session that ended has given up what waited: it will not be sent any more.
    if (this.#unsent.includes(call)) this.#unsent.splice(this.#unsent.indexOf(call), 1)
    const { settlement } = call
    if (settlement === null) this.#episode.losses++
    else if (settlement.kind === 'error') this.#episode.refusals++
    else this.#episode.results++
    try {
      judge()
    } catch (error) {
      this.#note(error)
    }
  }

  #onEvent(path: string, event: WatchEvent): void {
    const isBelow = event.path.startsWith(path === '/' ? '/' : `${path}/`)
    if (event.path !== path && !isBelow) this.#note(new Finding(`a watch of ${path} hears of ${event.path}`))
  }

  #deliver(conversation: Conversation, { bytes, mutated }: HostileFrame): void {
    const episode = this.#episode
    episode.frames++
    if (mutated) episode.mutated++
    const meter = this.#meter
    const before = meter.total
    const begun = clock.now()
    this.#bench.socket!.deliver(bytes)
    episode.slowest = Math.max(episode.slowest, clock.now() - begun)
    // What a frame claims to be is what it is: memory is asked for as soon as a length within the limit has come.
    const claimed = Math.min(conversation.claimed, this.#maxFrame)
    const asked = meter.total - before
    const most = 2 * Math.max(claimed, bytes.length) + KEPT
    if (this.#established && asked > most)
      throw new Finding(`${asked} bytes were allocated for ${bytes.length}`)
  }

  /** Leaves what the attacker itself allocates out of the count. */
  #unmetered(run: () => void): void {
    const before = this.#meter.total
    run()
    this.#meter.total = before
  }

  #note(error: unknown): void {
    this.#finding ??= error
  }

  #check(): void {
    if (this.#finding !== null) throw this.#finding
  }
}

/** Sends the frames of a hostile server to clients, over connections without sockets. */
export async function attackClient(random: Random, frames: number, meter: AllocationMeter): Promise<Episode> {
  const episode = newEpisode()
  while (episode.frames < frames) {
    const victim = new Victim(random, meter, episode)
    await victim.attack(frames)
    await victim.end()
  }
  return episode
}
