import { expect } from 'chai'
import {
  type DissectedField,
  type DissectedFrame,
  Dissector,
  dissectFrame,
  formatFrame,
} from '../src/dissect.ts'
import { Reader } from '../src/index.ts'
import { FRAME_CASES, type FrameCase, fixtures } from './support/wire.ts'

/** Returns the pieces that have bytes of their own, in order. */
function leaves(field: DissectedField): DissectedField[] {
  const own = field.children.length === 0 || field.type.startsWith('vector') ? [field] : []
  return [...own, ...field.children.flatMap(leaves)]
}

/** Expects the leaves of a tree to follow each other without a gap, from the beginning of the frame to its end. */
function expectPartition(frame: DissectedFrame, bytes: Buffer): void {
  let at = frame.offset
  for (const leaf of frame.fields.flatMap(leaves)) {
    expect(leaf.offset).to.equal(at)
    expect(leaf.bytes).to.deep.equal(bytes.subarray(at - frame.offset, at - frame.offset + leaf.bytes.length))
    at += leaf.children.length > 0 ? 4 : leaf.length
  }
  expect(at).to.equal(frame.offset + bytes.length)
  for (const field of frame.fields) expectNesting(field)
}

function expectNesting(field: DissectedField): void {
  const [first] = field.children
  const last = field.children.at(-1)
  if (!first || !last) return
  expect(first.offset).to.equal(field.offset + (field.type.startsWith('vector') ? 4 : 0))
  expect(last.offset + last.length).to.equal(field.offset + field.length)
  field.children.forEach(expectNesting)
}

/** Returns a tree as the value that codecs read. */
function codecValue(field: DissectedField): unknown {
  const { type, value, children } = field
  if (type === 'MultiRequest' || type === 'MultiResponse') return multiValue(field)
  if (type.startsWith('vector') && value === undefined) return children.map(codecValue)
  if (children.length === 0) return value
  return Object.fromEntries(children.map(child => [child.name, codecValue(child)]))
}

function multiValue({ type, children }: DissectedField): unknown {
  const entries = children
    .filter(child => child.name !== 'end')
    .map(entry => {
      const [header, body] = entry.children.map(codecValue) as [{ type: number }, object | undefined]
      if (header.type === -1) return { type: -1, ...body }
      return { type: header.type, [type === 'MultiRequest' ? 'request' : 'response']: body ?? null }
    })
  return type === 'MultiRequest' ? { operations: entries } : { results: entries }
}

/** Returns the opcode of the call whose reply a case is. */
function dissectCase({ name, frame }: FrameCase, bytes: Buffer, offset = 0): DissectedFrame {
  const call = fixtures.calls.find(each => each.reply === frame)
  return dissectFrame(bytes, {
    side: /^the (request|connect request) of/.test(name) ? 'client' : 'server',
    handshake: name.startsWith('the connect'),
    opcode: call?.opcode,
    offset,
    showSecrets: true,
  })
}

describe('a dissected frame', () => {
  for (const each of FRAME_CASES) {
    it(`holds the values of the codecs, and every byte once: ${each.name}`, () => {
      const dissected = dissectCase(each, each.frame)
      expect(dissected.fault).to.equal(null)
      expect(dissected.length).to.equal(each.frame.length)
      expectPartition(dissected, each.frame)
      const expected = each.read(new Reader(each.frame)) as unknown[]
      expect(dissected.fields.map(codecValue)).to.deep.equal(expected)
    })

    it(`F3 says where it ends when it is cut at any byte, and keeps what precedes: ${each.name}`, () => {
      const whole = dissectCase(each, each.frame, 1000).fields.flatMap(leaves)
      for (let cut = 0; cut < each.frame.length; cut++) {
        const bytes = each.frame.subarray(0, cut)
        const dissected = dissectCase(each, bytes, 1000)
        expectPartition(dissected, bytes)
        const present = dissected.fields.flatMap(leaves).filter(leaf => leaf.name !== 'undecoded')
        if (dissected.fault === null) {
          expectWholeWithoutRest(dissected, cut, each)
          continue
        }
        expect(present).to.deep.equal(
          whole.slice(0, present.length).map((leaf, i) => shortened(leaf, present[i])),
        )
        const next = whole[present.length]
        expect(dissected.fault.offset).to.be.at.most(1000 + cut)
        expect(dissected.fault.offset).to.equal(next?.offset)
        expect(dissected.fault.field.split('.').at(-1)).to.satisfy((name: string) =>
          name.endsWith(next!.name),
        )
        expect(formatFrame(dissected)).to.contain(`malformed: ${dissected.fault.field} at ${next?.offset}`)
      }
    })
  }
})

/** Gives a vector the length of what is present of it: one whose last elements are missing is shorter than the whole one. */
function shortened(leaf: DissectedField, present: DissectedField | undefined): DissectedField {
  if (!leaf.type.startsWith('vector') || !present) return leaf
  return { ...leaf, length: present.length, children: present.children }
}

/** Expects a frame to be cut where only bytes are missing that may be absent. */
function expectWholeWithoutRest(dissected: DissectedFrame, cut: number, { name, frame }: FrameCase): void {
  const mayBeAbsent = name.startsWith('the connect') ? 1 : /sasl/.test(name) ? 4 : 0
  expect(cut, formatFrame(dissected)).to.equal(frame.length - mayBeAbsent)
}

describe('a dissected connection', () => {
  for (const { name, frames } of fixtures.streams) {
    it(`names every operation on both sides: ${name}`, () => {
      const dissector = new Dissector()
      const all = frames.flatMap(({ from, bytes }) => dissector.push(from, bytes))
      expect(all).to.have.length(frames.length)
      expect(dissector.end()).to.deep.equal([])
      const offsets = { client: 0, server: 0 }
      for (const [i, frame] of all.entries()) {
        const { from, bytes } = frames[i]!
        expect(frame.fault, formatFrame(frame)).to.equal(null)
        expect(frame.offset).to.equal(offsets[from])
        expect(frame.fields[0]).to.include({ name: 'length', value: bytes.length - 4 })
        expect(frame.fields.map(field => field.name)).not.to.include('trailing')
        expect(frame.fields.filter(field => field.type === 'bytes')).to.deep.equal([])
        if (frame.kind === 'reply' || frame.kind === 'request') expect(frame.operation).to.be.a('string')
        offsets[from] += bytes.length
      }
      const count = (kind: string): number => all.filter(frame => frame.kind === kind).length
      expect([count('connect-request'), count('connect-response')]).to.deep.equal([1, 1])
      expect(count('reply')).to.equal(count('request'))
      expect(count('notification')).to.be.greaterThan(0)
    })

    it(`comes out the same cut into single bytes: ${name}`, () => {
      const whole = new Dissector()
      const expected = frames.flatMap(({ from, bytes }) => whole.push(from, bytes).map(formatFrame))
      const bytewise = new Dissector()
      const cut = frames.flatMap(({ from, bytes }) =>
        Array.from(bytes, byte => bytewise.push(from, Buffer.of(byte)).map(formatFrame)).flat(),
      )
      expect(cut).to.deep.equal(expected)
    })
  }
})
