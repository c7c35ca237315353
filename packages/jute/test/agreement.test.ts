import { expect } from 'chai'
import fc from 'fast-check'
import { op, Reader, Writer } from '../src/index.ts'
import { MultiRequestLayout, MultiResponseLayout, operationLayouts } from '../src/layout.ts'
import {
  multiRequestArbitrary,
  multiResponseArbitrary,
  recordArbitrary,
  spec,
} from './support/arbitraries.ts'
import { type Codec, codecOf } from './support/codecs.ts'

const RUNS = { numRuns: 60 }

/** Expects both readings to write the same bytes, and to read the value back from them. */
function expectAgreement({ read, write, layout }: Codec, value: unknown): void {
  const writer = new Writer(1)
  write(writer, value)
  const bytes = writer.written()
  const room = Buffer.alloc(bytes.length)
  expect(layout.encode(value, room)).to.equal(bytes.length)
  expect(room).to.deep.equal(bytes)
  const reader = new Reader(bytes)
  expect(read(reader)).to.deep.equal(value)
  expect(reader.remaining).to.equal(0)
  expect(layout.decode(bytes)).to.deep.equal(value)
  expect(layout.getSpan(bytes)).to.equal(bytes.length)
}

/** Returns what a reading makes of bytes: a value and its size, or the code of an error. */
function outcome(read: () => [unknown, number]): unknown {
  try {
    return read()
  } catch (error) {
    return (error as { code?: string }).code ?? error
  }
}

describe('the generated codec and the layout', () => {
  for (const { name } of spec.records) {
    it(`F8 write the same bytes and read the same values: ${name}`, () => {
      fc.assert(
        fc.property(recordArbitrary(name), value => expectAgreement(codecOf(name), value)),
        RUNS,
      )
    })

    it(`F3 agree on what is wrong with bytes cut off or changed anywhere: ${name}`, () => {
      const { read, write, layout } = codecOf(name)
      const change = fc.record({ cut: fc.nat(), at: fc.nat(), byte: fc.nat({ max: 255 }) })
      fc.assert(
        fc.property(recordArbitrary(name), change, (value, { cut, at, byte }) => {
          const writer = new Writer()
          write(writer, value)
          const all = writer.written()
          const bytes = Buffer.from(all.subarray(0, all.length - (cut % (all.length + 1))))
          if (bytes.length > 0) bytes[at % bytes.length] = byte
          const reader = new Reader(bytes)
          const fast = outcome(() => [read(reader), reader.offset])
          const slow = outcome(() => [layout.decode(bytes), layout.getSpan(bytes)])
          expect(slow).to.deep.equal(fast)
        }),
        RUNS,
      )
    })
  }

  it('F8 agree on multi requests', () => {
    const codec: Codec = {
      read: op.multi.readRequest,
      write: op.multi.writeRequest as Codec['write'],
      layout: MultiRequestLayout as unknown as Codec['layout'],
    }
    fc.assert(
      fc.property(multiRequestArbitrary(), value => expectAgreement(codec, value)),
      RUNS,
    )
  })

  it('F8 agree on multi responses', () => {
    const codec: Codec = {
      read: op.multiRead.readResponse,
      write: op.multiRead.writeResponse as Codec['write'],
      layout: MultiResponseLayout as unknown as Codec['layout'],
    }
    fc.assert(
      fc.property(multiResponseArbitrary(), value => expectAgreement(codec, value)),
      RUNS,
    )
  })

  it('pair every operation with the records that operations.json names', () => {
    for (const { code, name, request, response } of spec.operations) {
      const layouts = operationLayouts.get(code)
      const expected = (body: string | null) => body?.replace('MultiRead', 'Multi')
      expect(layouts?.name).to.equal(name)
      expect(layouts?.request?.typeName).to.equal(expected(request))
      expect(layouts?.response?.typeName).to.equal(expected(response))
    }
    expect(operationLayouts.size).to.equal(spec.operations.length)
  })
})
