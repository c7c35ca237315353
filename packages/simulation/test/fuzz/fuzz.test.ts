import { readdirSync, readFileSync } from 'node:fs'
import { Reader } from '@zookit/jute'
import { expect } from 'chai'
import { InFlight } from '../../../connection/src/requests/in-flight.ts'
import { IncomingFrames } from '../../../connection/src/requests/incoming-frames.ts'
import { IncomingReplies } from '../../../connection/src/requests/incoming-replies.ts'
import { Search } from '../../../connection/src/servers/search.ts'
import { Connection } from '../../../testing/src/server/connection.ts'
import { Requests } from '../../../testing/src/server/requests.ts'
import { ServerCore } from '../../../testing/src/server/server-core.ts'
import { cpuTime } from '../../src/fuzz/finding.ts'
import { HeapGauge } from '../../src/fuzz/heap.ts'
import { FRAMES, runEpisode, type TargetName, targetOf } from '../../src/fuzz/run.ts'
import { replayAtServer } from '../../src/fuzz/server/attack.ts'

const EPISODES: readonly (readonly [TargetName, number])[] = [
  ['client', 60],
  ['server', 60],
  ['client over sockets', 1],
  ['server over sockets', 2],
]

type Methods = { [name: string]: (...args: never[]) => unknown }

/** Runs some work with a bug in the place of a method. */
async function withBug<T>(
  prototype: object,
  name: string,
  bug: (original: (...args: unknown[]) => unknown) => (this: unknown, ...args: never[]) => unknown,
  work: () => Promise<T>,
): Promise<T> {
  const methods = prototype as Methods
  const original = methods[name]!
  methods[name] = bug(original as (...args: unknown[]) => unknown)
  try {
    return await work()
  } finally {
    methods[name] = original
  }
}

/** Runs episodes until one fails. @returns the finding, or null. */
async function firstFinding(target: TargetName, episodes = 30): Promise<string | null> {
  for (let episode = 0; episode < episodes; episode++) {
    try {
      await runEpisode(target, 1, episode)
    } catch (error) {
      return String(error)
    }
  }
  return null
}

describe('The fuzzer', function () {
  this.timeout(60_000)

  for (const [target, episodes] of EPISODES) {
    it(`S2 T1 finds nothing wrong in ${episodes * FRAMES} frames at the ${target}`, async () => {
      let [frames, answered] = [0, 0]
      for (let episode = 0; episode < episodes; episode++) {
        const figures = await runEpisode(target, 20_26, episode)
        frames += figures.frames
        answered += figures.results + figures.refusals
        expect(figures.mutated).to.be.greaterThan(FRAMES / 3)
      }
      expect(frames).to.be.at.least(episodes * FRAMES)
      // A fuzzer whose frames are all refused at the door finds nothing behind it.
      if (target !== 'server') expect(answered).to.be.greaterThan(frames / 100)
    })
  }

  it('knows which length a client believes, from a handshake of a wrong length on', async () => {
    // Once it held what the client allocated against the length of another frame.
    expect((await runEpisode('client', 633_123_278, 4539)).frames).to.be.at.least(FRAMES)
  })

  it('knows the requests by which a client learns what a refused create misses', async () => {
    // Once it took the answer to one for an answer that nobody had asked for.
    expect((await runEpisode('client', 1, 29_984)).frames).to.be.at.least(FRAMES)
  })

  it('chooses every target', () => {
    const seen = new Set(Array.from({ length: 5000 }, (_, episode) => targetOf(1, episode)))
    expect([...seen]).to.have.members(['decoders', ...EPISODES.map(([target]) => target)])
  })

  for (const file of readdirSync(new URL('corpus/server/', import.meta.url))) {
    it(`replays what once failed: ${file}`, async () => {
      const text = readFileSync(new URL(`corpus/server/${file}`, import.meta.url), 'utf8')
      const { streams } = JSON.parse(text) as { streams: string[][] }
      await replayAtServer(streams.map(stream => stream.map(hex => Buffer.from(hex, 'hex'))))
    })
  }
})

describe('What counts allocations', () => {
  it('hands the filling of a buffer on: it stays in its place until the process ends', async () => {
    await runEpisode('client', 1, 0)
    expect([...Buffer.alloc(2, 7), ...Buffer.alloc(2, 'x')]).to.deep.equal([7, 7, 120, 120])
  })
})

describe('The fuzzer with a bug in the client', function () {
  this.timeout(60_000)

  for (const target of ['client', 'client over sockets'] as const) {
    it(`finds an answer that is taken for another request: ${target}`, async () => {
      let ring: InFlight | null = null
      const find = (): Promise<string | null> =>
        withBug(
          IncomingReplies.prototype,
          'onReply',
          onReply =>
            function (reader: Reader, at: number, longLength: number) {
              const due = ring?.first()
              if (due) reader.view.setInt32(at, due.xid)
              return onReply.call(this, reader, at, longLength)
            },
          () => firstFinding(target),
        )
      const finding = await withBug(
        InFlight.prototype,
        'first',
        first =>
          function (this: unknown) {
            ring = this as InFlight
            return first.call(this)
          },
        find,
      )
      expect(finding).to.match(/the server sent no answer to it|which the server did not answer/)
    })
  }

  it('finds a rejection that nobody handles', async () => {
    const finding = await withBug(
      Search.prototype,
      'run',
      run =>
        async function (this: unknown, ...args: never[]) {
          await run.apply(this, args)
          throw new Error('planted')
        },
      () => firstFinding('client'),
    )
    expect(finding).to.match(/nobody has caught: Error: planted/)
  })

  it('finds an exception that is no judgement of the bytes, though the connection swallows it', async () => {
    const finding = await withBug(
      IncomingFrames.prototype,
      'onFrame',
      onFrame =>
        function (this: unknown, reader: Reader, ...args: never[]) {
          if (reader.remaining === 20) throw new TypeError('planted')
          return onFrame.call(this, reader, ...args)
        },
      () => firstFinding('client'),
    )
    expect(finding).to.match(/neither of the protocol nor of the system: TypeError: planted/)
  })

  it('finds a frame that takes too long', async () => {
    const finding = await withBug(
      IncomingFrames.prototype,
      'onFrame',
      onFrame =>
        function (this: unknown, reader: Reader, ...args: never[]) {
          const begun = cpuTime()
          while (reader.remaining === 20 && cpuTime() - begun < 60);
          return onFrame.call(this, reader, ...args)
        },
      () => firstFinding('client'),
    )
    expect(finding).to.match(/a frame takes \d+\.\d ms, each time/)
  })

  it('finds memory that is asked for beyond the frame', async () => {
    const finding = await withBug(
      Reader.prototype,
      'nullableUstring',
      read =>
        function (this: unknown) {
          Buffer.allocUnsafe(200_000)
          return read.call(this)
        },
      () => firstFinding('client'),
    )
    expect(finding).to.match(/\d+ bytes were allocated for \d+/)
  })

  it('finds memory that is never given back', async () => {
    const kept: number[][] = []
    const gauge = new HeapGauge()
    await withBug(
      IncomingFrames.prototype,
      'onFrame',
      onFrame =>
        function (this: unknown, reader: Reader, ...args: never[]) {
          kept.push(Array<number>(100_000).fill(kept.length))
          return onFrame.call(this, reader, ...args)
        },
      () => firstFinding('client', 2),
    )
    expect(kept).to.have.length.greaterThan(100)
    expect(() => gauge.check()).to.throw(/the heap grew by \d+ bytes/)
    expect(kept.pop()).to.have.length(100_000)
  })
})

describe('The fuzzer with a bug in the server', function () {
  this.timeout(60_000)

  const bugs: readonly [
    title: string,
    prototype: object,
    method: string,
    bug: (original: (...args: unknown[]) => unknown) => (this: never, ...args: never[]) => unknown,
    finding: RegExp,
  ][] = [
    [
      'an answer with the xid of no request',
      Requests.prototype,
      'answer',
      answer =>
        function (this: Requests, xid: number, ...rest: never[]) {
          return answer.call(this, xid + 1000, ...rest)
        },
      /answers a request -?\d+ that was not sent/,
    ],
    [
      'an exception',
      Requests.prototype,
      'execute',
      execute =>
        function (this: Requests, xid: number, opcode: number, reader: Reader) {
          if (opcode === 9) throw new TypeError('planted')
          return execute.call(this, xid, opcode, reader)
        },
      /TypeError: planted/,
    ],
    [
      'a client that closes the connections of others',
      Connection.prototype,
      'close',
      close =>
        function (this: Connection) {
          for (const other of this.core.connections) if (other !== this) other.drop(false)
          return close.call(this)
        },
      /the connection of a bystander was closed/,
    ],
    [
      'a connection that is never forgotten',
      ServerCore.prototype,
      'removeConnection',
      () => () => {},
      /\d+ connections are left of clients that are gone/,
    ],
  ]
  for (const [title, prototype, method, bug, finding] of bugs) {
    it(`finds ${title}`, async () => {
      const found = await withBug(prototype, method, bug as never, () => firstFinding('server'))
      expect(found).to.match(finding)
    })
  }

  it('finds a client that closes the connections of others over sockets', async () => {
    const [, prototype, method, bug] = bugs[2]!
    const found = await withBug(prototype, method, bug as never, () => firstFinding('server over sockets', 3))
    expect(found).to.match(/CONNECTION_LOSS|a bystander has lost its connection/)
  })
})
