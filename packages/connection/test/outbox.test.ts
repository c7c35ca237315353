import { JuteError } from '@zookit/jute'
import { expect } from 'chai'
import fc from 'fast-check'
import { Outbox } from '../src/requests/outbox.ts'

function frame(outbox: Outbox, size: number, fill: number): Buffer {
  const bytes = Buffer.alloc(size, fill)
  outbox.begin()
  outbox.buffer(bytes)
  expect(outbox.end()).to.equal(size + 8)
  const expected = Buffer.alloc(size + 8, fill)
  expected.writeInt32BE(size + 4)
  expected.writeInt32BE(size, 4)
  return expected
}

function drained(outbox: Outbox, size: number = outbox.pending): Buffer {
  const pieces: Buffer[] = []
  outbox.drain(size, piece => {
    pieces.push(Buffer.from(piece))
    return 0
  })
  return Buffer.concat(pieces)
}

describe('The outbox', () => {
  it('writes the length of each frame before it', () => {
    const outbox = new Outbox(100)
    const expected = [frame(outbox, 0, 0), frame(outbox, 10, 7), frame(outbox, 3, 9)]
    expect(outbox.pending).to.equal(8 + 18 + 11)
    expect(drained(outbox)).to.deep.equal(Buffer.concat(expected))
    expect(outbox.pending).to.equal(0)
  })

  it('hands small frames out in one piece', () => {
    const outbox = new Outbox(100)
    for (let i = 0; i < 20; i++) frame(outbox, 10, i)
    let pieces = 0
    outbox.drain(outbox.pending, () => {
      pieces++
      return 0
    })
    expect(pieces).to.equal(1)
  })

  it('takes a frame of exactly the limit, drops one that is longer, and goes on', () => {
    const outbox = new Outbox(1000)
    const before = frame(outbox, 10, 1)
    const exact = frame(outbox, 996, 2)
    outbox.begin()
    outbox.buffer(Buffer.alloc(997))
    expect(() => outbox.end())
      .to.throw(JuteError, '1001 bytes are over the limit of 1000')
      .with.property('code', 'FRAME_TOO_LARGE')
    const after = frame(outbox, 10, 3)
    expect(drained(outbox)).to.deep.equal(Buffer.concat([before, exact, after]))
  })

  it('forgets a frame that was begun and rolled back, though its slab had to grow for it', () => {
    for (const size of [10, 5000, 300_000]) {
      const outbox = new Outbox(1_000_000)
      const before = frame(outbox, 100, 1)
      outbox.begin()
      outbox.buffer(Buffer.alloc(size, 0xee))
      outbox.rollback()
      const after = frame(outbox, 100, 2)
      expect(drained(outbox), `after ${size} bytes`).to.deep.equal(Buffer.concat([before, after]))
    }
  })

  it('never overwrites bytes that the transport holds, whatever is released in between', () => {
    const outbox = new Outbox(1_000_000)
    const held: { piece: Buffer; copy: Buffer }[] = []
    for (let i = 0; i < 500; i++) {
      frame(outbox, (i * 37) % 3000, i & 0xff)
      if (i % 3 === 0)
        outbox.drain(outbox.pending, piece => {
          if (i % 4 === 0) return 0
          held.push({ piece, copy: Buffer.from(piece) })
          return piece.length
        })
    }
    for (const { piece, copy } of held) expect(piece.equals(copy)).to.equal(true)
  })

  it('reuses memory that was released, and keeps no more of it than it usually needs', () => {
    const outbox = new Outbox(1_000_000)
    const places = new Set<string>()
    const send = (size: number): void => {
      frame(outbox, size, 1)
      outbox.drain(outbox.pending, ({ buffer, byteOffset }) => {
        places.add(`${buffer.byteLength} ${byteOffset}`)
        return 0
      })
    }
    for (let i = 0; i < 100; i++) send(100)
    expect(places.size).to.equal(1)
    send(500_000)
    places.clear()
    send(100)
    expect([...places]).to.deep.equal(['65536 0'])
  })

  it('hands out what was written, in order, whatever is written, rolled back and taken in between', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('write' as const), size: fc.integer({ min: 0, max: 4000 }) }),
      fc.record({ what: fc.constant('write' as const), size: fc.integer({ min: 60_000, max: 70_000 }) }),
      fc.record({ what: fc.constant('rollback' as const), size: fc.integer({ min: 0, max: 5000 }) }),
      fc.record({ what: fc.constant('take' as const), size: fc.integer({ min: 1, max: 5 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const outbox = new Outbox(1_000_000)
        const written: Buffer[] = []
        for (const [i, { what, size }] of steps.entries()) {
          if (what === 'write') written.push(frame(outbox, size, i))
          else if (what === 'rollback') {
            outbox.begin()
            outbox.buffer(Buffer.alloc(size, 0xee))
            outbox.rollback()
          } else {
            const expected = Buffer.concat(written.splice(0, size))
            expect(drained(outbox, expected.length).equals(expected)).to.equal(true)
          }
          expect(outbox.pending).to.equal(written.reduce((sum, { length }) => sum + length, 0))
        }
        expect(drained(outbox).equals(Buffer.concat(written))).to.equal(true)
      }),
      { numRuns: 100, seed: 7 },
    )
  })
})
