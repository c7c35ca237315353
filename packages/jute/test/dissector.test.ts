import { expect } from 'chai'
import { Dissector, dissectStream, formatFrame } from '../src/dissect.ts'
import { op, writeReplyHeader } from '../src/index.ts'
import { framed, hex, written } from './support/bytes.ts'
import {
  client,
  connectRequest,
  connectResponse,
  field,
  getData,
  reply,
  request,
  server,
} from './support/frames.ts'

describe('Dissector', () => {
  it('pairs replies with requests by xid', () => {
    const dissector = new Dissector({ handshake: false })
    dissector.push(
      'client',
      Buffer.concat([framed(getData(1)), framed(request(2, 104, w => w.ustring('/')))]),
    )
    const stat = Buffer.alloc(68)
    const data = framed(reply(1, 0, w => w.buffer(Buffer.from('x'))).subarray(0))
    const whole = framed(Buffer.concat([data.subarray(4), stat]))
    const replies = dissector.push('server', Buffer.concat([whole, framed(reply(2, 0, w => w.int(3)))]))
    expect(replies.map(frame => frame.operation)).to.deep.equal(['getData', 'getAllChildrenNumber'])
    expect(field(replies[0]!, 'body', 'data').value).to.deep.equal(Buffer.from('x'))
    expect(field(replies[1]!, 'body', 'totalNumber').value).to.equal(3)
    const again = dissector.push('server', framed(reply(1, 0, w => w.int(3))))
    expect(again[0]?.operation).to.equal(null)
  })

  it('tells setWatches2 from setWatches, though both have xid -8', () => {
    const dissector = new Dissector({ handshake: false })
    const lists = Buffer.alloc(8 + 5 * 4)
    const body = Buffer.concat([request(-8, 105), lists])
    expect(dissector.push('client', framed(body))[0]?.operation).to.equal('setWatches2')
    expect(dissector.push('server', framed(reply(-8, 0)))[0]?.operation).to.equal('setWatches2')
  })

  it('accepts a connection that begins in the middle, with requests in flight', () => {
    const dissector = new Dissector({ handshake: false, requests: [[7, 104]] })
    const [frame] = dissector.push('server', framed(reply(7, 0, w => w.int(5))))
    expect(frame?.operation).to.equal('getAllChildrenNumber')
  })

  it('forgets requests that are never answered, so that its memory is bounded', () => {
    const dissector = new Dissector({ handshake: false })
    for (let xid = 1; xid <= 65_537; xid++) dissector.push('client', framed(request(xid, 11)))
    expect(dissector.push('server', framed(reply(1, 0)))[0]?.operation).to.equal(null)
    expect(dissector.push('server', framed(reply(2, 0)))[0]?.operation).to.equal('ping')
  })

  it('knows both handshakes, and offsets from the start of each stream', () => {
    const dissector = new Dissector()
    const asked = dissector.push('client', Buffer.concat([framed(connectRequest), framed(getData(1))]))
    expect(asked.map(frame => [frame.kind, frame.offset])).to.deep.equal([
      ['connect-request', 0],
      ['request', 49],
    ])
    const [answered] = dissector.push('server', framed(connectResponse))
    expect(answered).to.deep.include({ kind: 'connect-response', offset: 0, length: 40, fault: null })
    expect(field(answered!, 'length')).to.deep.include({ offset: 0, value: 36 })
    expect(field(asked[1]!, 'body', 'path').offset).to.equal(49 + 4 + 8)
  })

  for (const word of ['ruok', 'isro', 'srvr', 'mntr']) {
    it(`recognises the four-letter word ${word}, and its answer as text`, () => {
      const dissector = new Dissector()
      expect(dissector.push('client', Buffer.from(word.slice(0, 2)))).to.deep.equal([])
      const [asked] = dissector.push('client', Buffer.from(word.slice(2)))
      expect(asked).to.deep.include({ kind: 'four-letter-word', length: 4, fault: null })
      expect(field(asked!, 'word').value).to.equal(word)
      const [answer] = dissector.push('server', Buffer.from('rw'))
      expect(answer).to.deep.include({ kind: 'text', offset: 0, length: 2 })
      expect(field(answer!, 'text').value).to.equal('rw')
      expect(dissector.push('server', Buffer.from('more'))[0]).to.deep.include({ kind: 'text', offset: 2 })
      expect(dissector.end()).to.deep.equal([])
    })
  }

  it('shows the argument of a four-letter word', () => {
    const [frame] = dissectStream('client', Buffer.concat([Buffer.from('stmk'), hex('0000000000000302')]))
    expect(field(frame!, 'argument')).to.deep.include({ offset: 4, length: 8 })
  })

  it('recognises text from a server, even if the word was not seen', () => {
    const [frame, ...more] = dissectStream('server', Buffer.from('imok'))
    expect(frame).to.deep.include({ kind: 'text', fault: null })
    expect(more).to.deep.equal([])
  })

  for (const length of [-1, -5, -(2 ** 31), 1_048_576, 2 ** 31 - 1]) {
    it(`F2 follows a stream up to the length ${length}`, () => {
      const broken = Buffer.alloc(4)
      broken.writeInt32BE(length)
      const dissector = new Dissector({ handshake: false })
      const frames = dissector.push('client', Buffer.concat([framed(getData(1)), broken, hex('0102')]))
      expect(frames).to.have.length(2)
      expect(frames[0]?.fault).to.equal(null)
      expect(frames[1]?.fault).to.deep.include({
        field: 'length',
        offset: 19,
        code: length < 0 ? 'BAD_LENGTH' : 'FRAME_TOO_LARGE',
      })
      expect(frames[1]?.fault?.reason).to.contain(String(length))
      expect(field(frames[1]!, 'undecoded')).to.deep.include({ offset: 23, length: 2, hidden: true })
      expect(dissector.push('client', framed(getData(2)))).to.deep.equal([])
      expect(dissector.push('server', framed(reply(1, -101)))[0]?.operation).to.equal('getData')
      expect(dissector.end()).to.deep.equal([])
    })
  }

  it('accepts frames up to the limit that it is given', () => {
    const long = framed(
      request(1, 5, w =>
        w
          .ustring('/')
          .buffer(Buffer.alloc(2 ** 20))
          .int(-1),
      ),
    )
    expect(dissectStream('client', long, { handshake: false })[0]?.fault?.code).to.equal('FRAME_TOO_LARGE')
    const [frame] = dissectStream('client', long, { handshake: false, maxFrame: 2 ** 21 })
    expect(frame).to.deep.include({ operation: 'setData', fault: null })
  })

  it('F3 says where a stream is cut off, and what there is of the last frame', () => {
    const whole = framed(getData(1))
    for (let cut = 1; cut < whole.length; cut++) {
      const bytes = Buffer.concat([framed(getData(3)), whole.subarray(0, cut)])
      const [first, last, ...more] = dissectStream('client', bytes, { handshake: false })
      expect(more).to.deep.equal([])
      expect(first?.fault).to.equal(null)
      expect(last).to.deep.include({ offset: 19, length: cut })
      expect(last?.fault?.code).to.be.oneOf(['TRUNCATED', 'BAD_LENGTH'])
      if (cut >= 4)
        expect(last?.fault?.reason).to.contain(`the stream ends ${cut - 4} bytes into a frame of 15`)
      else expect(last?.fault).to.deep.include({ field: 'length', offset: 19 })
    }
    expect(dissectStream('client', framed(getData(1)), { handshake: false })).to.have.length(1)
  })

  it('reports a frame that is cut off also if all of its fields are complete', () => {
    const longer = framed(Buffer.concat([getData(1), hex('0000')])).subarray(0, 20)
    const [frame] = dissectStream('client', longer, { handshake: false })
    expect(frame?.fault).to.deep.include({ field: 'body', offset: 20, code: 'TRUNCATED' })
  })
})

describe('formatFrame', () => {
  it('prints offsets, bytes, names, values and meanings', () => {
    const dissector = new Dissector({ handshake: false })
    const [asked] = dissector.push('client', framed(getData(1)))
    expect(formatFrame(asked!).split('\n')).to.deep.equal([
      'client request, 19 bytes at 0: getData, xid 1',
      '       0  00 00 00 0f                                         length                    15',
      '       4                                                      header                    RequestHeader',
      '       4  00 00 00 01                                           xid                     1',
      '       8  00 00 00 04                                           type                    4  getData',
      '      12                                                      body                      GetDataRequest',
      '      12  00 00 00 02 2f 61                                     path                    "/a"',
      '      18  01                                                    watch                   true',
    ])
    const [answered] = dissector.push('server', framed(reply(1, -101)))
    expect(formatFrame(answered!).split('\n').slice(-1)).to.deep.equal([
      '      16  ff ff ff 9b                                           err                     -101  NO_NODE',
    ])
  })

  it('prints where and why a frame is malformed', () => {
    const frame = client(hex('00000001 00000004 00000009 2f'), { offset: 4 })
    expect(formatFrame(frame).split('\n').slice(-2)).to.deep.equal([
      '      12  00 00 00 09 2f                                      undecoded                 5 bytes',
      '  malformed: body.path at 12: a length of 9, 1 bytes left (BAD_LENGTH)',
    ])
  })

  it('prints ids in hexadecimal, times as dates, and -1 as it is', () => {
    const header = written(w => writeReplyHeader(w, { xid: 1, zxid: -(2n ** 63n), err: 0 }))
    expect(formatFrame(server(header))).to.match(/zxid +0x8000000000000000\n/)
    const minus = written(w => writeReplyHeader(w, { xid: 1, zxid: -1n, err: 0 }))
    expect(formatFrame(server(minus))).to.match(/zxid +-1\n/)
    const stat = Buffer.alloc(68)
    stat.writeBigInt64BE(1_700_000_000_000n, 16)
    stat.writeBigInt64BE(2n ** 62n, 24)
    const exists = formatFrame(server(Buffer.concat([reply(1, 0), stat]), { opcode: 3 }))
    expect(exists).to.match(/ctime +1700000000000 {2}2023-11-14T22:13:20.000Z\n/)
    expect(exists).to.match(/mtime +4611686018427388000\n/)
  })

  it('escapes what a terminal would act on, and cuts what is long', () => {
    const evil = '/\u001b[2J\u009b\u202e\n\u2028"'
    const text = formatFrame(client(request(1, 9, w => w.ustring(evil))))
    expect(text).to.contain(String.raw`"/\u001b[2J\u009b\u202e\n\u2028\""`)
    const long = formatFrame(client(request(1, 9, w => w.ustring(`/${'x'.repeat(5000)}`))))
    expect(long.length).to.be.lessThan(800)
    expect(long).to.match(/x\.\."$/)
    const data = formatFrame(
      client(request(1, 5, w => w.ustring('/').buffer(Buffer.alloc(9000, 'a')).int(0))),
    )
    expect(data).to.match(/9000 bytes {2}"a{120}\.\."/)
  })

  it('prints buffers as text only where they are', () => {
    const data = (bytes: Buffer): string =>
      formatFrame(client(request(1, 5, w => w.ustring('/').buffer(bytes).int(0))))
    expect(data(Buffer.from('ok'))).to.match(/data +2 bytes {2}"ok"\n/)
    expect(data(hex('00ff'))).to.match(/data +2 bytes\n/)
    expect(data(Buffer.alloc(0))).to.match(/data +0 bytes\n/)
    expect(formatFrame(client(request(1, 5, w => w.ustring('/').int(-1).int(0))))).to.match(/data +null\n/)
  })

  it('tells absent, empty and null apart', () => {
    expect(formatFrame(server(connectResponse, { handshake: true }))).to.match(/readOnly +absent$/)
    const empty = reply(1, 0, w => w.int(0))
    expect(formatFrame(server(empty, { opcode: 8 }))).to.match(/children +vector<ustring> {2}0 elements$/)
    const list = request(1, 7, w => w.ustring('/').int(-1).int(0))
    expect(formatFrame(client(list))).to.match(/acl +null\n/)
  })

  it('S4 prints names of the prototype like any other', () => {
    const bytes = reply(1, 0, w =>
      op.getChildren.writeResponse(w, { children: ['__proto__', 'constructor'] }),
    )
    const text = formatFrame(server(bytes, { opcode: 8 }))
    expect(text).to.match(/\[0\] +"__proto__"\n/)
    expect(text).to.match(/\[1\] +"constructor"$/)
  })
})
