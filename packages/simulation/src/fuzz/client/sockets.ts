import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Session } from '@zookit/connection'
import type { Random } from '../../../../jute/test/fuzz/mutate.ts'
import { type Episode, Finding, newEpisode } from '../finding.ts'
import { BODIES } from '../frames.ts'
import { Call, Conversation } from './conversation.ts'

const MAX_FRAME = 0xfffff
const MOST_OPEN = 12
/** The turns without a frame after which the server gives a connection up: the client waits for the rest of a frame. */
const IDLE = 5

/** A client and a hostile server on loopback. */
class SocketFight {
  readonly episode: Episode = newEpisode()
  readonly #random: Random
  readonly #unsent: Call[] = []
  readonly #lacking = new Set<number>()
  readonly #calls = new Set<Call>()
  readonly #server = createServer(socket => this.#onSocket(socket))
  #socket: Socket | null = null
  /** The last connection of the session, and what is said over it. */
  #session: Socket | null = null
  #conversation: Conversation | null = null
  #finding: unknown = null

  constructor(random: Random) {
    this.#random = random
  }

  async run(frames: number): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    try {
      while (this.episode.frames < frames) await this.#fight(frames)
    } finally {
      this.#socket?.destroy()
      this.#server.close()
    }
  }

  async #fight(frames: number): Promise<void> {
    const { port } = this.#server.address() as AddressInfo
    const session = new Session({
      servers: [{ host: '127.0.0.1', port }],
      backoff: { initial: 1, max: 1 },
      sessionTimeout: 10_000,
      closeTimeout: 20,
    })
    session.on('listenerError', error => this.#note(error))
    try {
      for (let idle = 0; this.episode.frames < frames && session.state !== 'auth-failed'; idle++) {
        const before = this.episode.frames
        if (this.#calls.size < MOST_OPEN) this.#call(session)
        await sleep(1)
        if (this.episode.frames > before) idle = 0
        if (idle > IDLE) this.#socket?.destroy()
        this.#check()
      }
    } finally {
      await session.close()
    }
    await sleep(1)
    this.#check()
    if (this.#calls.size > 0) throw new Finding(`${this.#calls.size} requests were never settled`)
  }

  #call(session: Session): void {
    const { operation, body } = this.#random.pick(BODIES)
    const watches = operation.watch === 'mode'
    const call = new Call(operation, !watches, this.#lacking)
    this.#unsent.push(call)
    this.#calls.add(call)
    session.request(operation, body, watches ? { watcher: () => {} } : undefined).then(
      result => this.#settle(call, () => call.onResult(result)),
      error => this.#settle(call, () => call.onError(error)),
    )
  }

  #settle(call: Call, judge: () => void): void {
    this.#calls.delete(call)
    this.#conversation?.settles(call)
    if (call.settlement === null) this.episode.losses++
    else if (call.settlement.kind === 'error') this.episode.refusals++
    else this.episode.results++
    try {
      judge()
    } catch (error) {
      this.#note(error)
    }
  }

  #onSocket(socket: Socket): void {
    const conversation = new Conversation(this.#unsent, this.#lacking, MAX_FRAME, true)
    this.#socket = socket
    this.episode.connections++
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', bytes => {
      try {
        conversation.read(bytes)
        if (!conversation.asksWord) this.#goOnWith(conversation, socket)
        if (conversation.asksWord) socket.end(conversation.answerWord(this.#random))
        else this.#answer(socket, conversation)
      } catch (error) {
        this.#note(error)
      }
    })
  }

  /** Takes a conversation for the last one of the session. What was settled on an earlier connection is on no later one. */
  #goOnWith(conversation: Conversation, socket: Socket): void {
    if (conversation === this.#conversation) return
    // What still comes over the one before was lost with it.
    this.#session?.destroy()
    this.#session = socket
    this.#conversation = conversation
    this.#unsent.splice(0, Infinity, ...this.#unsent.filter(call => !call.settled))
  }

  #answer(socket: Socket, conversation: Conversation): void {
    const frames = conversation.shaking
      ? [conversation.shake(this.#random)]
      : Array.from({ length: 1 + this.#random.below(4) }, () => conversation.next(this.#random, []))
    for (const { bytes, mutated } of frames) {
      this.episode.frames++
      if (mutated) this.episode.mutated++
      const cut = this.#random.below(bytes.length + 1)
      socket.write(bytes.subarray(0, cut))
      socket.write(bytes.subarray(cut))
    }
  }

  #note(error: unknown): void {
    this.#finding ??= error
  }

  #check(): void {
    if (this.#finding !== null) throw this.#finding
  }
}

/** Sends the frames of a hostile server to clients over TCP. Time is real here: a seed fixes the frames, not their order. */
export async function attackClientOverSockets(random: Random, frames: number): Promise<Episode> {
  const fight = new SocketFight(random)
  await fight.run(frames)
  return fight.episode
}
