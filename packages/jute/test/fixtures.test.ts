import { inJavaTerms, type JavaRecord, type JavaValue, type WireCall } from '@zookit/test-fixtures/wire'
import { expect } from 'chai'
import {
  Framer,
  type MultiRequest,
  type MultiResponse,
  op,
  Reader,
  readConnectRequest,
  readConnectResponse,
  readReplyHeader,
  readRequestHeader,
  readWatcherEvent,
  writeConnectRequest,
  writeConnectResponse,
  writeReplyHeader,
  writeRequestHeader,
  writeWatcherEvent,
} from '../src/index.ts'
import { framed, written } from './support/bytes.ts'
import { FRAME_CASES as CASES, fixtures, hasBody, rowOf } from './support/wire.ts'

/** Restates a multi as Java shows it: the type beside the fields of each operation and result, with a null stat where it has none. */
function likeJava(value: unknown, call: WireCall): unknown {
  if (call.operation !== 'multi' && call.operation !== 'multiRead') return value
  if (typeof value !== 'object' || value === null) return value
  if ('operations' in value) {
    const { operations } = value as MultiRequest
    return { ops: operations.map(({ type, request }) => ({ type, ...request })) }
  }
  const { results } = value as MultiResponse
  return {
    results: results.map(result => {
      if (result.type === -1) return result
      return { type: result.type, ...result.response, ...(result.type === 1 && { stat: null }) }
    }),
  }
}

function expectJava(value: unknown, java: JavaValue): void {
  expect(inJavaTerms(value, java)).to.deep.equal(java)
}

/** Drops undefined properties: Java does not show the handshake's last byte where it was absent on the wire. */
function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>
}

/** The value of every case, read alone and without a framer. */
const EXPECTED = CASES.map(({ frame, read }) => read(new Reader(frame)))

/** Reads all frames as the framer cuts them. */
function readThrough(framer: Framer, pieces: Iterable<Buffer>): unknown[] {
  const values: unknown[] = []
  for (const piece of pieces) {
    framer.push(piece)
    while (framer.next()) {
      values.push(CASES[values.length]?.read(framer.reader))
      expect(framer.reader.remaining).to.equal(0)
    }
  }
  return values
}

describe('frames recorded from real servers', () => {
  it('F8 hold every operation of the table', () => {
    const recorded = new Set(fixtures.calls.map(call => call.opcode))
    const missing = op.operations
      .filter(row => !recorded.has(row.code))
      .map(({ name }) => `test-fixtures/wire/${name}.json: no call of ${name}`)
    expect(missing, missing.join('\n')).to.deep.equal([])
  })

  for (const call of fixtures.calls) {
    const row = rowOf(call.opcode)
    if (!row) continue

    it(`F8 the request is what Apache's client sent: ${call.name}`, () => {
      const reader = new Reader(call.request)
      const header = readRequestHeader(reader)
      expect(header.type).to.equal(call.opcode)
      const body = row.readRequest(reader)
      expect(reader.remaining).to.equal(0)
      if (call.sent) expectJava(likeJava(body, call), call.sent)
      const again = written(w => {
        writeRequestHeader(w, header)
        row.writeRequest(w, body)
      })
      expect(again).to.deep.equal(call.request)
    })

    const { reply, expect: java } = call
    if (!reply || !java) continue

    it(`F8 the reply is what Apache's client read: ${call.name}`, () => {
      const reader = new Reader(reply)
      const header = readReplyHeader(reader)
      expect(header.err).to.equal(java.err)
      if (java.zxid !== undefined) expect(header.zxid).to.equal(java.zxid)
      if (java.xid !== undefined) expect(header.xid).to.equal(java.xid)
      const body = hasBody(call) ? row.readResponse(reader) : null
      expect(reader.remaining).to.equal(0)
      if (java.err === 0) expectJava(likeJava(body, call), java.response)
      const again = written(w => {
        writeReplyHeader(w, header)
        if (hasBody(call)) row.writeResponse(w, body)
      })
      expect(again).to.deep.equal(reply)
    })
  }

  for (const { name, request, reply, sent, expect: java } of fixtures.handshakes) {
    it(`F8 the handshake is what Apache's client wrote and read: ${name}`, () => {
      const asked = readConnectRequest(new Reader(request))
      expectJava(withoutUndefined(asked), sent)
      expect(written(w => writeConnectRequest(w, asked))).to.deep.equal(request)
      const answered = readConnectResponse(new Reader(reply))
      expectJava(withoutUndefined(expired(answered)), java)
      expect(written(w => writeConnectResponse(w, answered))).to.deep.equal(reply)
    })
  }

  for (const { name, events } of fixtures.events) {
    it(`F8 the events are what Apache's client read: ${name}`, () => {
      for (const { frame, expect: java } of events) {
        const reader = new Reader(frame)
        const header = readReplyHeader(reader)
        const event = readWatcherEvent(reader)
        expect(header.xid).to.equal(-1)
        expect(event).to.deep.equal(java)
        expect(reader.remaining).to.equal(0)
        const again = written(w => {
          writeReplyHeader(w, header)
          writeWatcherEvent(w, event)
        })
        expect(again).to.deep.equal(frame)
      }
    })
  }
})

/** Java shows no more of an expired session than that it is. */
function expired(response: ReturnType<typeof readConnectResponse>): JavaRecord | typeof response {
  if (response.timeOut > 0) return response
  expect(response.sessionId).to.equal(0n)
  expect(response.passwd).to.deep.equal(Buffer.alloc(16))
  return { timeOut: 0, expired: true }
}

describe('the two readings of recorded frames', () => {
  for (const { name, frame, read, layouts } of CASES) {
    it(`F8 agree on ${name}`, () => {
      let at = 0
      const values = layouts.map(layout => {
        const value = layout.decode(frame, at)
        at += layout.getSpan(frame, at)
        return value
      })
      expect(at).to.equal(frame.length)
      expect(values).to.deep.equal(read(new Reader(frame)))
      const room = Buffer.alloc(frame.length)
      const end = layouts.reduce((offset, layout, i) => offset + layout.encode(values[i], room, offset), 0)
      expect(end).to.equal(frame.length)
      expect(room).to.deep.equal(frame)
    })
  }
})

describe('recorded frames through a framer', () => {
  const stream = Buffer.concat(CASES.map(({ frame }) => framed(frame)))

  it('F1 are the same one by one', () => {
    const pieces = CASES.map(({ frame }) => framed(frame))
    expect(readThrough(new Framer(), pieces)).to.deep.equal(EXPECTED)
  })

  it('F1 are the same all at once', () => {
    expect(readThrough(new Framer(), [stream])).to.deep.equal(EXPECTED)
  })

  it('F1 are the same byte by byte', () => {
    const bytes = Array.from(stream, byte => Buffer.of(byte))
    expect(readThrough(new Framer(), bytes)).to.deep.equal(EXPECTED)
    expect(readThrough(new Framer(undefined, 64), bytes)).to.deep.equal(EXPECTED)
  })

  it('F1 are the same in pieces of any size', () => {
    for (const size of [2, 3, 5, 17, 100, 1000, 4096]) {
      const count = Math.ceil(stream.length / size)
      const pieces = Array.from({ length: count }, (_, i) => stream.subarray(i * size, (i + 1) * size))
      expect(readThrough(new Framer(), pieces)).to.deep.equal(EXPECTED)
    }
  })

  for (const { name, frame, read } of CASES) {
    it(`F1 are the same split at each byte: ${name}`, () => {
      const whole = framed(frame)
      const expected = read(new Reader(frame))
      for (let split = 1; split < whole.length; split++) {
        const framer = new Framer()
        framer.push(whole.subarray(0, split))
        expect(framer.next()).to.equal(false)
        framer.push(whole.subarray(split))
        expect(framer.next()).to.equal(true)
        expect(read(framer.reader)).to.deep.equal(expected)
      }
    })
  }
})
