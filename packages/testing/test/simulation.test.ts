import { op, Reader, readReplyHeader } from '@zookit/jute'
import { expect } from 'chai'
import { ServerClock } from '../src/clock.ts'
import { SessionTracker } from '../src/database/sessions.ts'
import type { Environment } from '../src/environment.ts'
import { acceptConnection } from '../src/server/accept.ts'
import { Sequencer } from '../src/server/sequencer.ts'
import { ServerCore } from '../src/server/server-core.ts'
import { resolveSettings } from '../src/server/settings.ts'
import { FlushQueue } from '../src/transport/flush-queue.ts'
import type { Transport } from '../src/transport/transport.ts'
import { creation } from './support/helpers.ts'
import { type Asked, handshakeFrame, requestFrame } from './support/raw-client.ts'

/** An environment in which no time passes by itself and nothing is random. */
const STILL: Environment = {
  now: () => 1000,
  wallTime: () => 1_700_000_000_000,
  random: () => 0.25,
  setTimer: () => ({ cancel: () => {} }),
}

class RecordingTransport implements Transport {
  readonly remoteAddress = '127.0.0.1'
  readonly remotePort = 1
  readonly clientName = null
  readonly backlog = 0
  readonly frames: Buffer[] = []
  ended = false

  write(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
      this.frames.push(Buffer.from(bytes.subarray(at + 4, at + 4 + bytes.readInt32BE(at))))
    }
    return true
  }

  pause(): void {}

  resume(): void {}

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.ended = true
  }
}

function serve(): ServerCore {
  const settings = resolveSettings({}, false)
  const clock = new ServerClock(STILL)
  clock.freeze()
  const core = new ServerCore(settings, clock, new FlushQueue())
  core.mode = 'serving'
  core.sequencer = new Sequencer({
    database: core.database,
    settings,
    ensemble: null,
    clock,
    tracker: new SessionTracker(settings.tickTime),
    replicas: [core],
    settle: () => core.flushQueue.flush(),
    onCommit: null,
    containerCheckInterval: 1000,
    zxid: 0,
  })
  return core
}

/** Runs requests through a core and returns every byte that it says. */
function play(core: ServerCore): string[] {
  const transport = new RecordingTransport()
  const connection = acceptConnection(core, transport)!
  connection.receive(handshakeFrame({ timeOut: 1000 }))
  connection.receive(requestFrame(op.create, creation('/a', { mode: 'ephemeral-sequential' }), 1))
  connection.receive(requestFrame(op.getChildren, { path: '/', watch: true }, 2))
  core.clock.advance(5000)
  return [...transport.frames.map(frame => frame.toString('hex')), String(transport.ended)]
}

describe('The core of the in-memory server', () => {
  it('runs without sockets and timers, in an environment that a test makes', () => {
    const core = serve()
    const transport = new RecordingTransport()
    const connection = acceptConnection(core, transport)!
    connection.receive(handshakeFrame())
    const ask = <Request>(operation: Asked<Request>, body: Request): Reader => {
      connection.receive(requestFrame(operation, body, 1))
      const reader = new Reader(transport.frames.at(-1)!)
      expect(readReplyHeader(reader).err).to.equal(0)
      return reader
    }
    ask(op.create, creation('/a', { data: 'x' }))
    const { data, stat } = op.getData.readResponse(ask(op.getData, { path: '/a', watch: false }))
    expect(data!.toString()).to.equal('x')
    expect(stat).to.deep.equal({
      czxid: 2n,
      mzxid: 2n,
      ctime: 1_700_000_000_000,
      mtime: 1_700_000_000_000,
      version: 0,
      cversion: 0,
      aversion: 0,
      ephemeralOwner: 0n,
      dataLength: 1,
      numChildren: 0,
      pzxid: 2n,
    })
  })

  it('sends the same bytes for the same requests', () => {
    const first = play(serve())
    // The handshake, two replies, the event of the session's own ephemeral, and the end.
    expect(first).to.have.length(5)
    expect(first.at(-1)).to.equal('true')
    expect(play(serve())).to.deep.equal(first)
  })
})
