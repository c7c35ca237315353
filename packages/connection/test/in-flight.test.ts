import { type AnyOperation, op } from '@zookit/jute'
import { expect } from 'chai'
import fc from 'fast-check'
import { InFlight } from '../src/requests/in-flight.ts'
import { RequestControl } from '../src/requests/request.ts'

const OPERATION: AnyOperation = op.ping
const nothing = (): void => {}

/** Pushes a request that is known by its path. */
function push(ring: InFlight, path: string, control?: RequestControl): void {
  Object.assign(ring.next(), { operation: OPERATION, path, control, resolve: nothing, size: 20 })
  ring.push()
}

function names(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => `/${from + i}`)
}

function filled(count: number, sent: number): InFlight {
  const ring = new InFlight()
  for (const name of names(0, count)) push(ring, name)
  ring.sent = sent
  return ring
}

const pathsOf = (requests: readonly { path: string | undefined }[]): (string | undefined)[] =>
  requests.map(({ path }) => path)

describe('The ring of requests', () => {
  it('hands out the oldest unanswered request until it is answered', () => {
    const ring = filled(3, 2)
    expect(ring.first()?.path).to.equal('/0')
    expect(ring.first()?.path).to.equal('/0')
    ring.shift()
    expect(ring.first()?.path).to.equal('/1')
    ring.shift()
    expect(ring.first()).to.equal(undefined)
    expect(ring.unanswered).to.equal(0)
  })

  it('finds each request and its control at its position, however much it grows', () => {
    const ring = new InFlight()
    const controls = names(0, 10_000).map(name => {
      const own = new RequestControl({})
      push(ring, name, own)
      return own
    })
    expect(controls.every(({ position }, i) => position === i && ring.at(i).path === `/${i}`)).to.equal(true)
  })

  it('grows while it is wrapped around', () => {
    const ring = filled(60, 60)
    for (let i = 0; i < 50; i++) ring.shift()
    for (const name of names(60, 260)) push(ring, name)
    ring.sent = ring.tail
    expect(pathsOf(ring.takeSent())).to.deep.equal(names(50, 260))
  })

  it('reuses its slots, and drops what they referred to', () => {
    const ring = filled(1, 1)
    const place = ring.first()!
    ring.shift()
    expect(place).to.include({ path: undefined, control: undefined, size: 0 })
    for (const name of names(0, 8)) push(ring, name)
    expect(ring.at(8)).to.equal(place)
  })

  it('shrinks when it is empty', () => {
    const ring = filled(10_000, 10_000)
    const place = ring.at(64)
    while (ring.first()) ring.shift()
    for (const name of names(0, 200)) push(ring, name)
    ring.sent = ring.tail
    expect(Array.from({ length: 200 }, (_, i) => ring.at(ring.head + i))).not.to.include(place)
    expect(pathsOf(ring.takeSent())).to.deep.equal(names(0, 200))
  })

  it('separates sent requests from waiting ones', () => {
    const ring = filled(5, 2)
    expect(pathsOf(ring.takeSent())).to.deep.equal(names(0, 2))
    expect([ring.unanswered, ring.tail - ring.sent]).to.deep.equal([0, 3])
    expect(pathsOf(ring.takeWaiting())).to.deep.equal(names(2, 5))
    expect([ring.head, ring.sent, ring.tail]).to.deep.equal([2, 2, 2])
  })

  it('counts and hands out as a plain list would, whatever is pushed, sent, skipped and answered', () => {
    const step = fc.constantFrom('push', 'push', 'push', 'send', 'send', 'skip', 'answer', 'answer')
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 400 }), steps => {
        const ring = new InFlight()
        const waiting: string[] = []
        const unanswered: string[] = []
        let count = 0
        for (const what of steps) {
          if (what === 'push') {
            const name = `/${count++}`
            waiting.push(name)
            push(ring, name)
          } else if (what === 'answer' && unanswered.length > 0) {
            expect(ring.first()?.path).to.equal(unanswered.shift())
            ring.shift()
          } else if (what === 'skip' && waiting.length > 0) {
            waiting.shift()
            ring.skip()
          } else if (what === 'send' && waiting.length > 0) {
            expect(ring.at(ring.sent).path).to.equal(waiting[0])
            unanswered.push(waiting.shift()!)
            ring.sent++
          }
          expect(ring.unanswered).to.equal(unanswered.length)
          expect(ring.tail - ring.sent).to.equal(waiting.length)
        }
        expect(ring.first()?.path).to.equal(unanswered[0])
        expect(pathsOf(ring.takeSent())).to.deep.equal(unanswered)
        expect(pathsOf(ring.takeWaiting())).to.deep.equal(waiting)
        expect(ring.unanswered).to.equal(0)
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})
