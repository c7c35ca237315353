import { expect } from 'chai'
import { DEFAULT_MAX_FRAME, Framer, Reader } from '../src/index.ts'
import { allocatedBy } from './support/allocations.ts'
import { expectJuteError, framed, hex } from './support/bytes.ts'

const INT_MIN = -(2 ** 31)

/** Returns the bodies of the frames that are whole, as copies. */
function drain(framer: Framer): Buffer[] {
  const bodies: Buffer[] = []
  while (framer.next()) {
    const { bytes, offset, limit } = framer.reader
    bodies.push(Buffer.from(bytes.subarray(offset, limit)))
  }
  return bodies
}

/** Feeds a stream in pieces, and drains after each. */
function feed(framer: Framer, pieces: Iterable<Uint8Array>): Buffer[] {
  const bodies: Buffer[] = []
  for (const piece of pieces) {
    framer.push(piece)
    bodies.push(...drain(framer))
  }
  return bodies
}

/** Feeds a stream as a socket does: into `space()`, at most `most` bytes at once. */
function read(framer: Framer, stream: Buffer, most: number): Buffer[] {
  const bodies: Buffer[] = []
  for (let at = 0; at < stream.length; ) {
    const size = stream.copy(framer.space(), 0, at, at + most)
    framer.filled(size)
    at += size
    bodies.push(...drain(framer))
  }
  return bodies
}

function* bytewise(stream: Buffer): Generator<Buffer> {
  for (let i = 0; i < stream.length; i++) yield stream.subarray(i, i + 1)
}

function body(size: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) & 0xff))
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  return bytes
}

describe('Framer', () => {
  const BODIES = [body(37, 1), body(0, 2), body(1, 3), body(300, 4), body(4, 5)]
  const STREAM = Buffer.concat(BODIES.map(framed))

  it('F1 cuts a stream that comes whole', () => {
    expect(feed(new Framer(), [STREAM])).to.deep.equal(BODIES)
  })

  it('F1 cuts a stream that comes byte by byte, at each byte as soon as it can', () => {
    const framer = new Framer()
    let whole = 0
    let at = 0
    const ends = BODIES.map(({ length }) => (at += 4 + length))
    for (const [i, piece] of [...bytewise(STREAM)].entries()) {
      framer.push(piece)
      whole += drain(framer).length
      expect(whole).to.equal(ends.filter(end => end <= i + 1).length)
    }
    expect(framer.pending).to.equal(0)
  })

  it('F1 cuts a stream that is split in two at any byte', () => {
    for (let split = 0; split <= STREAM.length; split++) {
      const pieces = [STREAM.subarray(0, split), STREAM.subarray(split)]
      expect(feed(new Framer(), pieces)).to.deep.equal(BODIES)
      expect(feed(new Framer(DEFAULT_MAX_FRAME, 16), pieces)).to.deep.equal(BODIES)
    }
  })

  it('F1 cuts 10 000 frames that come in one chunk, and allocates nothing per frame', () => {
    const bodies = Array.from({ length: 10_000 }, (_, i) => body(i % 50, i))
    const chunk = Buffer.concat(bodies.map(framed))
    const framer = new Framer()
    framer.push(chunk)
    let sum = 0
    let count = 0
    const allocated = allocatedBy(() => {
      while (framer.next()) {
        count++
        sum += framer.reader.remaining
      }
    })
    expect(count).to.equal(10_000)
    expect(sum).to.equal(chunk.length - 4 * 10_000)
    expect(allocated).to.equal(0)
    const again = new Framer()
    expect(feed(again, [chunk])).to.deep.equal(bodies)
  })

  it('F1 takes what a socket reads into its space, in pieces of any size', () => {
    const stream = Buffer.concat(Array.from({ length: 20 }, () => STREAM))
    const bodies = Array.from({ length: 20 }, () => BODIES).flat()
    for (const most of [1, 3, 4, 5, 7, 64, 1000, 100_000]) {
      expect(read(new Framer(), stream, most)).to.deep.equal(bodies)
      expect(read(new Framer(DEFAULT_MAX_FRAME, 64), stream, most)).to.deep.equal(bodies)
    }
  })

  for (const length of [-1, -5, INT_MIN]) {
    it(`F2 refuses the length ${length}, before anything is allocated`, () => {
      const framer = new Framer()
      framer.push(Buffer.concat([framed(body(3, 1)), lengthOf(length), body(40, 2)]))
      expect(framer.next()).to.equal(true)
      const allocated = allocatedBy(() => expectJuteError(() => framer.next(), 'BAD_LENGTH', 7))
      expect(allocated).to.equal(0)
    })
  }

  it('F2 takes a frame of length 0', () => {
    expect(feed(new Framer(), [lengthOf(0), lengthOf(0)])).to.deep.equal([body(0, 0), body(0, 0)])
  })

  it('F2 L4 takes a frame of exactly the limit, and refuses one byte more', () => {
    const longest = body(DEFAULT_MAX_FRAME, 9)
    expect(DEFAULT_MAX_FRAME).to.equal(1_048_575)
    const [taken] = feed(new Framer(), [framed(longest)])
    expect(taken?.equals(longest)).to.equal(true)
    for (const length of [DEFAULT_MAX_FRAME + 1, 2 ** 31 - 1]) {
      const framer = new Framer()
      framer.push(lengthOf(length))
      const allocated = allocatedBy(() => expectJuteError(() => framer.next(), 'FRAME_TOO_LARGE', 0))
      expect(allocated).to.equal(0)
    }
  })

  it('F2 refuses at the fourth byte of the length, and not before', () => {
    const framer = new Framer(100)
    for (const byte of [0, 0, 0]) {
      framer.push(Buffer.of(byte))
      expect(framer.next()).to.equal(false)
    }
    framer.push(Buffer.of(101))
    expectJuteError(() => framer.next(), 'FRAME_TOO_LARGE')
  })

  it('takes the limit that it is given', () => {
    expect(feed(new Framer(8), [framed(body(8, 1))])).to.deep.equal([body(8, 1)])
    const framer = new Framer(2 ** 21)
    const [taken] = feed(framer, [framed(body(2 ** 21, 1))])
    expect(taken).to.have.length(2 ** 21)
  })

  it('consumes a frame before it hands it out: its reader may stop or throw anywhere', () => {
    const framer = new Framer()
    framer.push(Buffer.concat([framed(hex('00000001 ffff')), framed(hex('00000002'))]))
    expect(framer.next()).to.equal(true)
    expect(framer.reader.int()).to.equal(1)
    expectJuteError(() => framer.reader.long(), 'TRUNCATED')
    expect(framer.next()).to.equal(true)
    expect(framer.reader.int()).to.equal(2)
    expect(framer.reader.remaining).to.equal(0)
  })

  it('F4 limits the reader to the frame, and skips what was left unread of it', () => {
    const framer = new Framer()
    framer.push(Buffer.concat([framed(hex('00000001 deadbeef')), framed(hex('00000002'))]))
    framer.next()
    expect(framer.reader.remaining).to.equal(8)
    framer.next()
    expect(framer.reader.remaining).to.equal(4)
    expect(framer.reader.int()).to.equal(2)
    expectJuteError(() => framer.reader.boolean(), 'TRUNCATED')
  })

  it('F3 keeps a reader inside a frame that is shorter than its type', () => {
    const framer = new Framer()
    framer.push(Buffer.concat([framed(hex('00000005 6162')), framed(hex('63646500'))]))
    framer.next()
    expectJuteError(() => framer.reader.ustring(), 'BAD_LENGTH')
  })

  it('hands a frame out again after rewind', () => {
    const framer = new Framer()
    framer.push(Buffer.concat([framed(hex('00000001')), framed(hex('00000002')), framed(hex('00000003'))]))
    framer.next()
    framer.next()
    expect(framer.reader.int()).to.equal(2)
    framer.rewind()
    expect(framer.next()).to.equal(true)
    expect(framer.reader.int()).to.equal(2)
    expect(framer.next()).to.equal(true)
    expect(framer.reader.int()).to.equal(3)
  })

  it('shows what came but was not cut yet', () => {
    const framer = new Framer()
    framer.push(Buffer.concat([framed(hex('0102')), hex('00000003 09')]))
    expect(framer.pending).to.equal(11)
    framer.next()
    expect(framer.pending).to.equal(5)
    expect(framer.peek()).to.deep.equal(hex('00000003 09'))
  })

  it('always has space, also behind whole frames that nobody took', () => {
    const framer = new Framer(100, 16)
    const bodies = Array.from({ length: 50 }, (_, i) => body(i, i))
    for (const each of bodies) {
      expect(framer.space().length).to.be.greaterThan(0)
      framer.push(framed(each))
    }
    expect(drain(framer)).to.deep.equal(bodies)
  })
})

describe("Framer's memory", () => {
  it('F1 stays as it is while frames fit, however many come and however they are cut', () => {
    const framer = new Framer(DEFAULT_MAX_FRAME, 1024)
    const stream = Buffer.concat(Array.from({ length: 500 }, (_, i) => framed(body(i % 1020, i))))
    let count = 0
    const allocated = allocatedBy(() => {
      for (let at = 0; at < stream.length; ) {
        const size = stream.copy(framer.space(), 0, at)
        framer.filled(size)
        at += size
        while (framer.next()) count++
      }
    })
    expect(count).to.equal(500)
    expect(allocated).to.equal(0)
    expect(framer.space()).to.have.length(1024)
  })

  it('begins with little memory, and has all of it once more came than that', () => {
    for (const size of [100, 3000]) {
      const framer = new Framer()
      expect(framer.space()).to.have.lengthOf(1024)
      const stream = Buffer.concat(Array.from({ length: 40 }, (_, i) => framed(body(size, i))))
      const expected = Array.from({ length: 40 }, (_, i) => body(size, i))
      expect(read(framer, stream, 1_000_000)).to.deep.equal(expected)
      expect(framer.space().buffer.byteLength).to.equal(64 * 1024)
    }
    const idle = new Framer()
    for (let i = 0; i < 100; i++) expect(read(idle, framed(body(1000, i)), 1_000_000)).to.have.lengthOf(1)
    expect(idle.space()).to.have.lengthOf(1024)
  })

  it('grows once for a long frame, by no more than the frame', () => {
    const framer = new Framer(DEFAULT_MAX_FRAME, 1024)
    const long = body(50_000, 3)
    const stream = framed(long)
    const allocated = allocatedBy(() => {
      for (const piece of bytewise(stream.subarray(0, 5000))) framer.push(piece)
      framer.push(stream.subarray(5000))
    })
    expect(allocated).to.equal(stream.length)
    expect(drain(framer)).to.deep.equal([long])
  })

  it('shrinks again when the long frame is gone, also with bytes of the next one behind it', () => {
    for (const tail of [hex(''), hex('0000'), framed(body(30, 1)).subarray(0, 20)]) {
      const framer = new Framer(DEFAULT_MAX_FRAME, 64)
      framer.push(Buffer.concat([framed(body(5000, 1)), tail]))
      expect(drain(framer)).to.have.length(1)
      expect(framer.reader.bytes.length).to.be.greaterThan(5000)
      framer.space()
      expect(framer.reader.bytes).to.have.length(64)
      expect(framer.peek()).to.deep.equal(tail)
    }
  })

  it('hands out most of a long frame as a view that nothing is ever written to again, the rest as copies', () => {
    const data = body(300, 7)
    const frame = framed(Buffer.concat([lengthOf(data.length), data, lengthOf(2), body(2, 1)]))
    const framer = new Framer(DEFAULT_MAX_FRAME, 64)
    const taken: Buffer[][] = []
    const stream = Buffer.concat([frame, frame, frame])
    for (let at = 0; at < stream.length; ) {
      const size = stream.copy(framer.space(), 0, at)
      framer.filled(size)
      at += size
      while (framer.next()) taken.push([framer.reader.buffer(), framer.reader.buffer()])
    }
    expect(taken).to.deep.equal([1, 2, 3].map(() => [data, body(2, 1)]))
    for (const [long, short] of taken) {
      expect(long!.buffer.byteLength).to.equal(frame.length)
      expect(short!.buffer).not.to.equal(long!.buffer)
    }
    expect(new Set(taken.map(([long]) => long!.buffer)).size).to.equal(3)
  })

  it('allocates the exact size for a frame as long as the last one, and hands that memory out', () => {
    const framer = new Framer(DEFAULT_MAX_FRAME, 64)
    const frame = framed(Buffer.concat([lengthOf(200), body(200, 7)]))
    expect(read(framer, frame, 1000)).to.have.lengthOf(1)
    const space = framer.space()
    expect(space).to.have.lengthOf(frame.length)
    frame.copy(space)
    framer.filled(frame.length)
    expect(framer.next()).to.equal(true)
    const data = framer.reader.buffer()
    expect(data).to.deep.equal(body(200, 7))
    expect(data.buffer).to.equal(space.buffer)
    expect(framer.space().buffer).not.to.equal(space.buffer)
  })

  it('uses that memory as any other when shorter frames come, one of which may fill what is left of it', () => {
    const long = framed(Buffer.concat([lengthOf(200), body(200, 7)]))
    for (const sizes of [[10, 20, 30], [150], [100, 72], [204 - 8], [250]]) {
      const framer = new Framer(DEFAULT_MAX_FRAME, 64)
      const frames = sizes.map((size, i) => framed(Buffer.concat([lengthOf(size), body(size, i)])))
      const taken: Buffer[] = []
      const stream = Buffer.concat([long, ...frames, ...frames])
      for (let at = 0; at < stream.length; ) {
        const size = stream.copy(framer.space(), 0, at)
        framer.filled(size)
        at += size
        while (framer.next()) taken.push(framer.reader.buffer())
      }
      const expected = sizes.map((size, i) => body(size, i))
      expect(taken).to.deep.equal([body(200, 7), ...expected, ...expected])
      const last = frames.at(-1)!.length
      expect(framer.space()).to.have.lengthOf(last > 64 && last <= 256 ? last : 64)
    }
  })

  it('keeps no memory for a frame that was much longer than usual', () => {
    const framer = new Framer(DEFAULT_MAX_FRAME, 64)
    expect(read(framer, framed(body(300, 1)), 1000)).to.have.lengthOf(1)
    expect(framer.space()).to.have.lengthOf(64)
  })

  it('copies out of a long frame that had to be put where others are', () => {
    const frame = framed(Buffer.concat([lengthOf(300), body(300, 7)]))
    const framer = new Framer(DEFAULT_MAX_FRAME, 64)
    framer.push(Buffer.concat([frame, frame]))
    for (let i = 0; i < 2; i++) {
      expect(framer.next()).to.equal(true)
      expect(framer.reader.buffer().buffer).not.to.equal(framer.reader.bytes.buffer)
    }
  })

  it('copies out of what is used again: its usual memory after a long frame, and memory with more than one frame', () => {
    const framer = new Framer(DEFAULT_MAX_FRAME, 64)
    // The last but one fills the usual memory to the brim.
    const data = [body(300, 1), body(50, 2), body(52, 3), body(57, 4), body(50, 5), body(56, 6), body(50, 7)]
    const frames = data.map(each => framed(Buffer.concat([lengthOf(each.length), each])))
    const fill = (bytes: Buffer): void => {
      for (let at = 0; at < bytes.length; ) {
        const size = bytes.copy(framer.space(), 0, at)
        framer.filled(size)
        at += size
      }
    }
    const take = (): Buffer => {
      expect(framer.next()).to.equal(true)
      return framer.reader.buffer()
    }
    const taken: Buffer[] = []
    for (const frame of frames.slice(0, 2)) {
      fill(frame)
      taken.push(take())
    }
    // The fourth frame begins in memory that the third one, not taken yet, has filled.
    fill(Buffer.concat([frames[2]!, frames[3]!.subarray(0, 5)]))
    taken.push(take())
    fill(frames[3]!.subarray(5))
    taken.push(take())
    for (const frame of frames.slice(4)) {
      fill(frame)
      taken.push(take())
    }
    expect(taken).to.deep.equal(data)
  })

  it('keeps a long frame whole when it moves', () => {
    const framer = new Framer(DEFAULT_MAX_FRAME, 64)
    const bodies = [body(10, 1), body(500, 2), body(20, 3), body(5000, 4), body(1, 5)]
    expect(feed(framer, bytewise(Buffer.concat(bodies.map(framed))))).to.deep.equal(bodies)
  })

  it('leaves what the reader shows alone until the next space', () => {
    const framer = new Framer()
    framer.push(Buffer.concat([framed(hex('00000001 61')), framed(hex('00000001 62'))]))
    framer.next()
    const first = new Reader(framer.reader.bytes).seek(framer.reader.offset, framer.reader.limit)
    framer.next()
    expect(first.ustring()).to.equal('a')
    expect(framer.reader.ustring()).to.equal('b')
  })
})
