import { op, Writer, writeConnectRequest, writeRequestHeader } from '@zookit/jute'
import type { TestServer, TestServerOptions } from '@zookit/testing'
import { Random } from '../../../../jute/test/fuzz/mutate.ts'
import { AllocationMeter } from '../../../../jute/test/support/allocations.ts'
import { clock, type Episode, Finding, newEpisode } from '../finding.ts'
import { CONNECT_REQUESTS, framed, mutate, REQUESTS, withXid } from '../frames.ts'
import { AskedFrames } from './asked.ts'
import { ReplyJudge } from './replies.ts'
import { Stage, type Wire } from './wire.ts'

/** The memory that a connection keeps: its framer's, its outbox's. */
const KEPT = 80 * 1024
const VERSIONS = ['3.4', '3.5', '3.6', '3.7', '3.8', '3.9'] as const
const SESSION_TIMEOUT = 60_000
/** The znode of a bystander: nobody else may read or change it. */
const OWN = '/bystander'
const SECRET = Buffer.from('nobody attacks me')

/** Four-letter words, and what looks like one. */
const WORDS = [
  'ruok',
  'mntr',
  'srvr',
  'stat',
  'cons',
  'dump',
  'conf',
  'envi',
  'wchs',
  'wchp',
  'wchc',
  'isro',
  'GET ',
  '\0\0\0\0',
]

/** Encodes a request with its length. */
function request(xid: number, operation: (typeof op.operations)[number], body: unknown): Buffer {
  const writer = new Writer(64)
  writer.int(0)
  writeRequestHeader(writer, { xid, type: operation.code })
  operation.writeRequest(writer, body)
  const bytes = Buffer.from(writer.written())
  bytes.writeInt32BE(bytes.length - 4)
  return bytes
}

function handshake(sessionId: bigint, passwd: Buffer): Buffer {
  const writer = new Writer(64)
  writer.int(0)
  const fields = { protocolVersion: 0, lastZxidSeen: 0n, timeOut: SESSION_TIMEOUT, sessionId, passwd }
  writeConnectRequest(writer, { ...fields, readOnly: false })
  const bytes = Buffer.from(writer.written())
  bytes.writeInt32BE(bytes.length - 4)
  return bytes
}

export const NEW_SESSION = handshake(0n, Buffer.alloc(16))

/** A client that attacks nobody: whatever the others send, it is answered as if it were alone. */
class Bystander {
  readonly #wire: Wire
  readonly #judge = new ReplyJudge()
  #xid = 0

  constructor(stage: Stage, scheme: string) {
    this.#wire = stage.connect(bytes => this.#judge.take(bytes))
    this.#wire.send(NEW_SESSION)
    this.#send(op.auth, { type: 0, scheme, auth: Buffer.from('bystander:pw') })
    const acl = [{ perms: 31, id: { scheme: 'auth', id: '' } }]
    this.#send(op.create, { path: OWN, data: SECRET, acl, flags: 0 })
    this.#send(op.create, { path: `${OWN}/here`, data: SECRET, acl, flags: 1 })
    this.check()
  }

  /** Asks for its ephemeral znode. @throws Finding unless the answer is the only thing that comes. */
  check(): void {
    const { replies, events } = this.#judge
    this.#send(op.getData, { path: `${OWN}/here`, watch: true })
    if (!this.#wire.open) throw new Finding('the connection of a bystander was closed')
    const { last } = this.#judge
    if (this.#judge.replies !== replies + 1 || last === null) throw new Finding('a bystander has no answer')
    if (last.readInt32BE(12) !== 0) throw new Finding(`a bystander gets the error ${last.readInt32BE(12)}`)
    if (last.indexOf(SECRET) !== 20) throw new Finding("a bystander's znode has other data")
    if (this.#judge.events !== events) throw new Finding('a bystander gets an event for what nobody changed')
  }

  #send(operation: (typeof op.operations)[number], body: unknown): void {
    const bytes = request(++this.#xid, operation, body)
    this.#judge.ask(bytes.subarray(4))
    this.#wire.send(bytes)
  }
}

function optionsOf(random: Random): TestServerOptions {
  const isStrict = random.below(8) === 0
  return {
    version: random.pick(VERSIONS),
    maxSessionTimeout: SESSION_TIMEOUT,
    enforceQuota: random.below(2) === 0,
    extendedTypes: random.below(4) !== 0,
    reconfigEnabled: random.below(4) === 0,
    maxBuffer: random.pick([2048, 0xfffff]),
    ...(random.below(4) === 0 && { sasl: { ann: 'secret' }, allowSaslFailedClients: random.below(2) === 0 }),
    ...(isStrict && { requireAuth: ['digest'] }),
    ...(random.below(8) === 0 && { log: () => {} }),
  }
}

/** One connection of an attacker. */
class Attacker {
  readonly #wire: Wire
  readonly #judge = new ReplyJudge()
  readonly #frames = new AskedFrames()
  #shaken = false

  constructor(stage: Stage) {
    this.#wire = stage.connect(bytes => this.#judge.take(bytes))
  }

  get open(): boolean {
    return this.#wire.open
  }

  get received(): number {
    return this.#judge.received
  }

  /** The answer to the handshake, as far as it has one. */
  get handshake(): Buffer | null {
    return this.#judge.handshake
  }

  /** The longest frame, in bytes, that the last of the bytes claim to belong to. */
  get claimed(): number {
    return this.#frames.claimed
  }

  /** Notes bytes that are about to be sent, as a rule a frame with its length. */
  note(bytes: Buffer): void {
    for (const frame of this.#frames.take(bytes)) {
      if (this.#shaken) this.#judge.ask(frame)
      this.#shaken = true
    }
  }

  /** Sends bytes that were noted. */
  send(bytes: Buffer): void {
    this.#wire.send(bytes)
  }

  close(): void {
    this.#wire.close()
  }
}

/** The attackers of one server, and the bystander whom they must not touch. */
class Siege {
  readonly #stage: Stage
  readonly #server: TestServer
  readonly #random: Random
  readonly #meter: AllocationMeter
  readonly #episode: Episode
  readonly #bystander: Bystander
  readonly #maxBuffer: number
  #known: Buffer | null = null
  #xid = 0

  constructor(
    stage: Stage,
    server: TestServer,
    maxBuffer: number,
    parts: [Random, AllocationMeter, Episode],
  ) {
    this.#stage = stage
    this.#server = server
    this.#maxBuffer = maxBuffer
    this.#random = parts[0]
    this.#meter = parts[1]
    this.#episode = parts[2]
    this.#bystander = new Bystander(stage, 'digest')
  }

  /** Attacks from one connection after the other. @throws Finding */
  attack(frames: number): void {
    const random = this.#random
    while (this.#episode.frames < frames) {
      const attacker = new Attacker(this.#stage)
      this.#episode.connections++
      if (random.below(64) === 0) this.#askWord()
      this.#shake(attacker)
      for (let i = random.below(40); i >= 0 && attacker.open && this.#episode.frames < frames; i--) {
        this.#request(attacker)
        if (random.below(8) === 0) this.#bystander.check()
      }
      if (random.below(4) === 0) this.#stage.advance(random.below(1000))
      attacker.close()
      this.#bystander.check()
    }
  }

  /** Sends the bytes of one connection. @throws Finding */
  replay(stream: readonly Buffer[]): void {
    const attacker = new Attacker(this.#stage)
    for (const bytes of stream) this.#send(attacker, bytes, true)
    attacker.close()
    this.#bystander.check()
  }

  /** Checks that the attackers have left nothing behind. @throws Finding */
  end(): void {
    const { length } = this.#server.connections()
    if (length !== 1) throw new Finding(`${length - 1} connections are left of clients that are gone`)
    this.#server.requests()
    this.#server.dump()
    for (let time = 0; time < 3 * SESSION_TIMEOUT; time += SESSION_TIMEOUT / 2) {
      this.#bystander.check()
      this.#stage.advance(SESSION_TIMEOUT / 2)
    }
    this.#bystander.check()
    const sessions = this.#server.sessions().length
    if (sessions !== 1) throw new Finding(`${sessions - 1} sessions outlive clients that are gone`)
  }

  /** Asks a four-letter word on a connection of its own: its answer has no frames. */
  #askWord(): void {
    const wire = this.#stage.connect(() => {})
    const word = Buffer.from(this.#random.pick(WORDS))
    this.#episode.frames++
    wire.send(word)
    wire.close()
  }

  #shake(attacker: Attacker): void {
    const random = this.#random
    const choice = random.below(8)
    if (choice === 0) {
      this.#send(
        attacker,
        framed(mutate(random.pick(CONNECT_REQUESTS), random, CONNECT_REQUESTS), random),
        true,
      )
    } else if (choice === 1 && this.#known !== null && this.#known.length >= 32) {
      const [id, passwd] = [this.#known.readBigInt64BE(8), this.#known.subarray(20, 36)]
      this.#send(attacker, handshake(id, passwd), false)
    } else this.#send(attacker, NEW_SESSION, false)
    this.#known = attacker.handshake ?? this.#known
  }

  #request(attacker: Attacker): void {
    const random = this.#random
    const recorded = random.pick(REQUESTS)
    const mutated = random.below(4) !== 0
    const bytes = mutated ? mutate(recorded, random, REQUESTS) : recorded.bytes
    const numbered = random.below(16) === 0 ? bytes : withXid(bytes, ++this.#xid)
    this.#send(attacker, framed(numbered, random), mutated)
  }

  #send(attacker: Attacker, bytes: Buffer, mutated: boolean): void {
    const episode = this.#episode
    episode.frames++
    if (mutated) episode.mutated++
    const { received } = attacker
    attacker.note(bytes)
    const before = this.#meter.total
    const begun = clock.now()
    attacker.send(bytes)
    episode.slowest = Math.max(episode.slowest, clock.now() - begun)
    const asked = this.#meter.total - before
    const answered = attacker.received - received
    // What a frame claims to be counts, and the answer: it may be as long as the data that it asks for.
    const claimed = Math.min(attacker.claimed, this.#maxBuffer)
    if (asked > 2 * claimed + 8 * answered + KEPT) {
      throw new Finding(
        `${asked} bytes were allocated for ${bytes.length} bytes and an answer of ${answered}`,
      )
    }
  }
}

/** Sends the frames of hostile clients to a server, over connections without sockets. */
export async function attackServer(random: Random, frames: number, meter: AllocationMeter): Promise<Episode> {
  const episode = newEpisode()
  const stage = new Stage(random)
  const options = optionsOf(random)
  const server = await stage.start(options)
  const siege = new Siege(stage, server, options.maxBuffer!, [random, meter, episode])
  siege.attack(frames)
  siege.end()
  await server.stop()
  return episode
}

/** Sends what once failed: chunks of bytes, each stream on a connection of its own. @throws Finding */
export async function replayAtServer(streams: readonly (readonly Buffer[])[]): Promise<void> {
  const random = new Random(1)
  const meter = new AllocationMeter().start()
  try {
    const stage = new Stage(random)
    const server = await stage.start({ maxSessionTimeout: SESSION_TIMEOUT })
    const siege = new Siege(stage, server, 0xfffff, [random, meter, newEpisode()])
    for (const stream of streams) siege.replay(stream)
    siege.end()
    await server.stop()
  } finally {
    meter.stop()
  }
}
