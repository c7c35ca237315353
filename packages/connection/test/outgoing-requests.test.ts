import { op } from '@zookit/jute'
import { expect } from 'chai'
import fc from 'fast-check'
import type { ZooKeeperError } from '../src/errors.ts'
import { InFlight } from '../src/requests/in-flight.ts'
import { IncomingReplies } from '../src/requests/incoming-replies.ts'
import { OutgoingRequests, type QueueLimits } from '../src/requests/outgoing-requests.ts'
import { type Request, RequestControl } from '../src/requests/request.ts'
import { errorFor, rejectRequest } from '../src/requests/settlement.ts'
import { lastResolve, pending } from '../src/requests/settling.ts'

const LIMITS: QueueLimits = {
  maxInFlight: 1000,
  maxQueuedBytes: 1_000_000,
  whenFull: 'wait',
  maxRequestSize: 100_000,
}

/** The error of a lost connection. */
const lost = (request: Request, outcome: 'unknown' | 'not-sent'): ZooKeeperError =>
  errorFor(request, 'CONNECTION_LOSS', { outcome })

/** Resolves when the continuations that are due have run. */
function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** A ring with both of its directions, the requests on the wire, and those that were rejected. */
class Bench {
  readonly ring = new InFlight()
  readonly outgoing: OutgoingRequests
  readonly #incoming = new IncomingReplies(this.ring, { maxResponseSize: 100_000 }, { ask: () => false })
  readonly wire: number[] = []
  readonly rejected: string[] = []
  #count = 0

  constructor(limits: Partial<QueueLimits> = {}) {
    this.outgoing = new OutgoingRequests(this.ring, { ...LIMITS, ...limits })
  }

  /** Submits a setData whose version is its number, as is each byte of its data. */
  submit(size = 10): { control: RequestControl; number: number } {
    const number = this.#count++
    const control = new RequestControl({})
    const body = { path: '/x', data: Buffer.alloc(size, number), version: number }
    const onRejected = ({ code, outcome }: ZooKeeperError): void => {
      this.rejected.push(`${number} ${code} ${outcome}`)
    }
    pending().catch(onRejected)
    const resolve = lastResolve()
    const operation = op.setData
    const request = Object.assign(this.ring.next(), { operation, path: `/${number}`, resolve, control })
    this.outgoing.accept(request, body)
    return { control, number }
  }

  flush(): void {
    const pieces: Buffer[] = []
    const take = (piece: Buffer): number => {
      pieces.push(Buffer.from(piece))
      return 0
    }
    while (this.outgoing.flush(take));
    const bytes = Buffer.concat(pieces)
    for (let at = 0; at < bytes.length; at += 4 + bytes.readInt32BE(at)) {
      const end = at + 4 + bytes.readInt32BE(at)
      const size = bytes.readInt32BE(at + 18)
      const number = bytes.readInt32BE(end - 4)
      const data = bytes.subarray(at + 22, at + 22 + size)
      expect(
        data.every(byte => byte === (number & 0xff)),
        `the data of request ${number}`,
      ).to.equal(true)
      expect(end - at).to.equal(26 + size)
      this.wire.push(number)
    }
  }

  answer(): void {
    if (this.ring.first()) this.ring.shift()
  }

  loseSent(): void {
    this.#incoming.failSent(request => lost(request, 'unknown'))
  }

  loseAll(): void {
    this.loseSent()
    for (const request of this.outgoing.takeWaiting()) rejectRequest(request, lost(request, 'not-sent'))
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('The queue of outgoing requests', () => {
  it('sends requests in the order of the calls, as many as the window has room for', () => {
    const bench = new Bench({ maxInFlight: 3 })
    for (let i = 0; i < 8; i++) bench.submit()
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 2])
    bench.flush()
    expect(bench.wire).to.have.lengthOf(3)
    bench.answer()
    bench.answer()
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 2, 3, 4])
    expect([bench.ring.unanswered, bench.outgoing.waiting]).to.deep.equal([3, 3])
  })

  it('sends every request once and only once', () => {
    const bench = new Bench()
    for (let i = 0; i < 100; i++) {
      bench.submit(i * 50)
      if (i % 7 === 0) bench.flush()
    }
    bench.flush()
    expect(bench.wire).to.deep.equal(range(0, 100))
  })

  it('rejects a request when it is full, and accepts requests again as soon as there is room', async () => {
    const bench = new Bench({ maxQueuedBytes: 100, whenFull: 'reject' })
    for (let i = 0; i < 5; i++) bench.submit()
    await turn()
    expect(bench.rejected).to.deep.equal(['3 QUEUE_FULL not-sent', '4 QUEUE_FULL not-sent'])
    expect(bench.outgoing.queuedBytes).to.equal(3 * 36)
    bench.flush()
    bench.submit()
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 2, 5])
  })

  it('keeps the order of requests that wait for room: a later one does not overtake them when there is room again', () => {
    const bench = new Bench({ maxQueuedBytes: 100 })
    const requests = range(0, 5).map(() => bench.submit().control)
    bench.outgoing.abandon(requests[0]!)
    bench.submit()
    bench.flush()
    expect(bench.wire).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('gives the room of cancelled requests to others', () => {
    const bench = new Bench({ maxQueuedBytes: 100, whenFull: 'reject' })
    const [first] = range(0, 3).map(() => bench.submit().control)
    expect(bench.outgoing.abandon(first!)).to.equal(false)
    expect(bench.outgoing.queuedBytes).to.equal(2 * 36)
    bench.submit()
    bench.flush()
    expect(bench.rejected).to.deep.equal([])
    expect(bench.wire).to.deep.equal([1, 2, 3])
  })

  it('skips cancelled requests between others', () => {
    const bench = new Bench()
    const requests = range(0, 9).map(number => bench.submit(number).control)
    for (const number of [2, 3, 6, 8]) bench.outgoing.abandon(requests[number]!)
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 4, 5, 7])
    bench.submit()
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 4, 5, 7, 9])
  })

  it('keeps the place of a cancelled request that was sent', () => {
    const bench = new Bench()
    const { control } = bench.submit()
    bench.flush()
    expect(bench.outgoing.abandon(control)).to.equal(true)
    expect(bench.ring.unanswered).to.equal(1)
    expect(bench.ring.first()?.control).to.equal(control)
  })

  it('frees the bytes of cancelled requests when they are most of the queue', () => {
    const bench = new Bench({ maxQueuedBytes: 10_000_000 })
    const requests = range(0, 100).map(() => bench.submit(5000).control)
    for (const [i, control] of requests.entries()) if (i % 10 !== 3) bench.outgoing.abandon(control)
    expect(bench.outgoing.waiting).to.equal(10)
    expect(bench.ring.tail).to.be.lessThan(60)
    bench.flush()
    expect(bench.wire).to.deep.equal([3, 13, 23, 33, 43, 53, 63, 73, 83, 93])
  })

  it('rejects requests that were sent, and keeps the others for the next connection', async () => {
    const bench = new Bench({ maxInFlight: 2, maxQueuedBytes: 100 })
    for (let i = 0; i < 7; i++) bench.submit()
    bench.flush()
    bench.loseSent()
    await turn()
    expect(bench.rejected).to.deep.equal(['0 CONNECTION_LOSS unknown', '1 CONNECTION_LOSS unknown'])
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 2, 3])
  })

  it('rejects every request in order when it ends, sent, queued or waiting for room, and accepts new ones', async () => {
    const bench = new Bench({ maxInFlight: 2, maxQueuedBytes: 100 })
    const requests = range(0, 8).map(() => bench.submit().control)
    bench.flush()
    for (const number of [1, 3, 7]) bench.outgoing.abandon(requests[number]!)
    bench.loseAll()
    await turn()
    expect(bench.rejected).to.deep.equal([
      '0 CONNECTION_LOSS unknown',
      ...[2, 4, 5, 6].map(number => `${number} CONNECTION_LOSS not-sent`),
    ])
    const { waiting, queuedBytes } = bench.outgoing
    expect([bench.ring.unanswered, waiting, queuedBytes]).to.deep.equal([0, 0, 0])
    bench.submit()
    bench.flush()
    expect(bench.wire).to.deep.equal([0, 1, 8])
  })

  it('never sends a request twice, out of order or after its cancellation, whatever happens in between', () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ what: fc.constant('submit'), n: fc.integer({ min: 0, max: 9000 }) }),
      },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('abandon'), n: fc.nat(1000) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('flush'), n: fc.constant(0) }) },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('answer'), n: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant('lose'), n: fc.constant(0) }) },
    )
    const limits = fc.record({
      maxInFlight: fc.integer({ min: 1, max: 8 }),
      maxQueuedBytes: fc.constantFrom(1, 5000, 40_000, 10_000_000),
    })
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 300 }), (limit, steps) => {
        const bench = new Bench(limit)
        const live: { control: RequestControl; number: number }[] = []
        for (const { what, n } of steps) {
          if (what === 'submit') live.push(bench.submit(n))
          else if (what === 'flush') bench.flush()
          else if (what === 'answer') for (let i = 0; i < n; i++) bench.answer()
          else if (what === 'lose') bench.loseSent()
          else {
            const unsent = live.filter(({ number }) => !bench.wire.includes(number))
            const chosen = unsent[n % Math.max(unsent.length, 1)]
            if (chosen) {
              bench.outgoing.abandon(chosen.control)
              live.splice(live.indexOf(chosen), 1)
            }
          }
          expect(bench.ring.unanswered).to.be.at.most(limit.maxInFlight)
        }
        do {
          while (bench.ring.unanswered > 0) bench.answer()
          bench.flush()
        } while (bench.ring.unanswered > 0)
        expect(bench.wire).to.deep.equal(live.map(({ number }) => number))
        expect([bench.outgoing.waiting, bench.outgoing.queuedBytes]).to.deep.equal([0, 0])
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})
