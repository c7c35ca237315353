import { op } from '@zookit/jute'
import { expect } from 'chai'
import fc from 'fast-check'
import { type AnyOperation, InFlight, Request } from '../src/in-flight.ts'

const nothing = (): void => {}

function request(): Request {
  return new Request(op.ping as unknown as AnyOperation, undefined, nothing, nothing)
}

function filled(count: number, sent: number): { ring: InFlight; requests: Request[] } {
  const ring = new InFlight()
  const requests = Array.from({ length: count }, request)
  for (const each of requests) ring.push(each)
  ring.sent = sent
  return { ring, requests }
}

describe('The ring of requests', () => {
  it('hands out the oldest unanswered request until it is answered', () => {
    const { ring, requests } = filled(3, 2)
    expect(ring.first()).to.equal(requests[0])
    expect(ring.first()).to.equal(requests[0])
    ring.shift()
    expect(ring.first()).to.equal(requests[1])
    ring.shift()
    expect(ring.first()).to.equal(undefined)
    expect(ring.unanswered).to.equal(0)
  })

  it('gives each request the position by which it is found again, however much it grows', () => {
    const { ring, requests } = filled(10_000, 0)
    expect(requests.every((each, i) => each.position === i && ring.at(i) === each)).to.equal(true)
  })

  it('grows while it is wrapped around', () => {
    const { ring, requests } = filled(60, 60)
    for (let i = 0; i < 50; i++) ring.shift()
    const more = Array.from({ length: 200 }, request)
    for (const each of more) ring.push(each)
    ring.sent = ring.tail
    const rest = [...requests.slice(50), ...more]
    expect(ring.takeSent()).to.deep.equal(rest)
  })

  it('parts what was sent from what waits', () => {
    const { ring, requests } = filled(5, 2)
    expect(ring.takeSent()).to.deep.equal(requests.slice(0, 2))
    expect([ring.unanswered, ring.tail - ring.sent]).to.deep.equal([0, 3])
    expect(ring.takeWaiting()).to.deep.equal(requests.slice(2))
    expect([ring.head, ring.sent, ring.tail]).to.deep.equal([2, 2, 2])
  })

  it('counts and hands out as a plain list would, whatever is pushed, sent, skipped and answered', () => {
    const step = fc.constantFrom('push', 'push', 'push', 'send', 'send', 'skip', 'answer', 'answer')
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 400 }), steps => {
        const ring = new InFlight()
        const waiting: Request[] = []
        const unanswered: Request[] = []
        for (const what of steps) {
          if (what === 'push') {
            const each = request()
            waiting.push(each)
            ring.push(each)
          } else if (what === 'answer' && unanswered.length > 0) {
            expect(ring.first()).to.equal(unanswered.shift())
            ring.shift()
          } else if (what === 'skip' && waiting.length > 0) {
            waiting.shift()
            ring.skip()
          } else if (what === 'send' && waiting.length > 0) {
            expect(ring.at(ring.sent)).to.equal(waiting[0])
            unanswered.push(waiting.shift()!)
            ring.sent++
          }
          expect(ring.unanswered).to.equal(unanswered.length)
          expect(ring.tail - ring.sent).to.equal(waiting.length)
        }
        expect(ring.first()).to.equal(unanswered[0])
        expect(ring.takeSent()).to.deep.equal(unanswered)
        expect(ring.takeWaiting()).to.deep.equal(waiting)
        expect(ring.unanswered).to.equal(0)
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})
