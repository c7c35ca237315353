import { expect } from 'chai'
import { Framer } from '../src/index.ts'
import { framed } from './support/bytes.ts'

function body(size: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) & 0xff))
}

describe('The head of a frame over the limit', () => {
  it('L4 is handed out if the framer is asked to, which skips the rest without memory for it', () => {
    const bodies = [body(8, 1), body(5000, 2), body(3, 3), body(21, 4), body(20, 5)]
    const stream = Buffer.concat(bodies.map(framed))
    const expected = bodies.map(bytes => (bytes.length > 20 ? bytes.subarray(0, 16) : bytes))
    for (const most of [1, 3, 17, 1000, stream.length]) {
      const framer = new Framer(20, 64)
      framer.headSize = 16
      const lengths: number[] = []
      const cut: Buffer[] = []
      let longest = 0
      for (let at = 0; at < stream.length; ) {
        const space = framer.space()
        longest = Math.max(longest, space.length)
        const size = stream.copy(space, 0, at, at + most)
        framer.filled(size)
        at += size
        while (framer.next()) {
          const { bytes, offset, limit } = framer.reader
          cut.push(Buffer.from(bytes.subarray(offset, limit)))
          lengths.push(framer.longLength)
        }
      }
      expect(cut).to.deep.equal(expected)
      expect(lengths).to.deep.equal([0, 5000, 0, 21, 0])
      expect(longest).to.equal(64)
    }
  })

  it('L4 is handed out again after a rewind', () => {
    const framer = new Framer(20)
    framer.headSize = 16
    framer.push(Buffer.concat([framed(body(30, 1)), framed(body(5, 2))]))
    for (const _ of [1, 2]) {
      expect(framer.next()).to.equal(true)
      expect(framer.longLength).to.equal(30)
      expect(framer.reader.remaining).to.equal(16)
      framer.rewind()
    }
    expect(framer.next()).to.equal(true)
    expect(framer.next()).to.equal(true)
    expect(framer.longLength).to.equal(0)
    expect(framer.reader.take(5)).to.equal(framer.reader.limit - 5)
    expect(framer.next()).to.equal(false)
  })
})
