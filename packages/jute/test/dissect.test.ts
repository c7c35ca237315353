import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  type DissectedFrame,
  Dissector,
  dissectFrame,
  dissectStream,
  type FrameOptions,
  formatFrame,
} from '../src/dissect.ts'
import {
  type MultiRequest,
  op,
  type Writer,
  writeConnectRequest,
  writeConnectResponse,
  writeReplyHeader,
  writeRequestHeader,
  writeWatcherEvent,
} from '../src/index.ts'
import { framed, hex, written } from './support/bytes.ts'

const PASSWORD = Buffer.from('0123456789abcdef')
const CONNECT = { protocolVersion: 0, timeOut: 10_000, sessionId: 5n, passwd: PASSWORD }

function request(xid: number, type: number, body: (writer: Writer) => unknown = () => {}): Buffer {
  return written(w => {
    writeRequestHeader(w, { xid, type })
    body(w)
  })
}

function reply(xid: number, err: number, body: (writer: Writer) => unknown = () => {}): Buffer {
  return written(w => {
    writeReplyHeader(w, { xid, zxid: 7n, err })
    body(w)
  })
}

const connectRequest = written(w => writeConnectRequest(w, { ...CONNECT, lastZxidSeen: 0n, readOnly: false }))
const connectResponse = written(w => writeConnectResponse(w, CONNECT))
const getData = (xid: number): Buffer =>
  request(xid, 4, w => op.getData.writeRequest(w, { path: '/a', watch: true }))

/** The names of a frame's fields, containers before what they contain. */
function names(frame: DissectedFrame): string[] {
  const all = (fields: DissectedFrame['fields']): string[] =>
    fields.flatMap(field => [field.name, ...all(field.children)])
  return all(frame.fields)
}

/** A field by its way from the top. */
function field(frame: DissectedFrame, ...path: string[]): DissectedFrame['fields'][number] {
  let fields = frame.fields
  let found: DissectedFrame['fields'][number] | undefined
  for (const name of path) {
    found = fields.find(each => each.name === name)
    fields = found?.children ?? []
  }
  if (!found) throw new Error(`no ${path.join('.')} in ${names(frame)}`)
  return found
}

const client = (bytes: Buffer, more: Partial<FrameOptions> = {}): DissectedFrame =>
  dissectFrame(bytes, { side: 'client', ...more })
const server = (bytes: Buffer, more: Partial<FrameOptions> = {}): DissectedFrame =>
  dissectFrame(bytes, { side: 'server', ...more })

describe('dissectFrame', () => {
  it('names numbers: operations, errors, events, states, create modes, watches, permissions', () => {
    const meaning = (frame: DissectedFrame, ...path: string[]): string => field(frame, ...path).meaning
    expect(meaning(getDataFrame, 'header', 'type')).to.equal('getData')
    expect(meaning(server(reply(1, -101)), 'header', 'err')).to.equal('NO_NODE')
    expect(meaning(server(reply(1, 0)), 'header', 'err')).to.equal('OK')
    expect(meaning(server(reply(1, -999)), 'header', 'err')).to.equal('unknown error')
    const event = reply(-1, 0, w => writeWatcherEvent(w, { type: 4, state: 3, path: '/a' }))
    expect(meaning(server(event), 'header', 'xid')).to.equal('notification')
    expect(meaning(server(event), 'body', 'type')).to.equal('nodeChildrenChanged')
    expect(meaning(server(event), 'body', 'state')).to.equal('syncConnected')
    const odd = reply(-1, 0, w => writeWatcherEvent(w, { type: 77, state: 99, path: null }))
    expect(meaning(server(odd), 'body', 'type')).to.equal('unknown event type')
    expect(field(server(odd), 'body', 'path').value).to.equal(null)
    const acl = [
      { perms: 31, id: { scheme: 'world', id: 'anyone' } },
      { perms: 9, id: { scheme: 'ip', id: '::1' } },
    ]
    const create = client(
      request(1, 1, w => op.create.writeRequest(w, { path: '/', data: null, acl, flags: 3 })),
    )
    expect(meaning(create, 'body', 'flags')).to.equal('ephemeral-sequential')
    expect(meaning(create, 'body', 'acl', '[0]', 'perms')).to.equal('ALL')
    expect(meaning(create, 'body', 'acl', '[1]', 'perms')).to.equal('READ|DELETE')
    const watch = client(request(1, 106, w => op.addWatch.writeRequest(w, { path: '/', mode: 1 })))
    expect(meaning(watch, 'body', 'mode')).to.equal('persistentRecursive')
    const remove = client(request(1, 18, w => op.removeWatches.writeRequest(w, { path: '/', type: 3 })))
    expect(meaning(remove, 'body', 'type')).to.equal('any')
    expect(meaning(server(connectResponse, { handshake: true }), 'body', 'timeOut')).to.equal('')
    const expired = written(w => writeConnectResponse(w, { ...CONNECT, timeOut: 0 }))
    expect(meaning(server(expired, { handshake: true }), 'body', 'timeOut')).to.equal('the session is gone')
  })

  const getDataFrame = client(getData(9))

  it('gives every field its place, type and value', () => {
    const path = field(getDataFrame, 'body', 'path')
    expect(path).to.deep.include({ type: 'ustring', offset: 8, length: 6, value: '/a', hidden: false })
    expect(path.bytes).to.deep.equal(hex('00000002 2f61'))
    expect(field(getDataFrame, 'body')).to.deep.include({ type: 'GetDataRequest', offset: 8, length: 7 })
    expect(getDataFrame).to.deep.include({
      kind: 'request',
      operation: 'getData',
      xid: 9,
      offset: 0,
      length: 15,
    })
    const shifted = client(getData(9), { offset: 500 })
    expect(field(shifted, 'body', 'watch').offset).to.equal(514)
  })

  it('knows the reserved xids without being told what they answer', () => {
    const operations = [-2, -4, -8].map(xid => server(reply(xid, 0)).operation)
    expect(operations).to.deep.equal(['ping', 'auth', 'setWatches'])
    for (const xid of [-2, -4, -8])
      expect(names(server(reply(xid, 0)))).to.deep.equal(['header', 'xid', 'zxid', 'err'])
    expect(server(reply(-1, 0, w => writeWatcherEvent(w, { type: 1, state: 3, path: '/' })))).to.deep.include(
      {
        kind: 'notification',
        operation: null,
        xid: -1,
      },
    )
  })

  it('leaves the body of a reply as bytes where the request is not known', () => {
    const frame = server(reply(3, 0, w => w.int(42)))
    expect(field(frame, 'body')).to.deep.include({ type: 'bytes', length: 4, value: hex('0000002a') })
    expect(field(frame, 'body').meaning).to.equal('the request that this answers is not known')
    expect(frame.fault).to.equal(null)
    expect(
      field(
        server(
          reply(3, 0, w => w.int(42)),
          { opcode: 104 },
        ),
        'body',
        'totalNumber',
      ).value,
    ).to.equal(42)
  })

  it('leaves the body of an unknown opcode as bytes', () => {
    const frame = client(request(3, 999, w => w.int(42)))
    expect(frame).to.deep.include({ operation: null, xid: 3, fault: null })
    expect(field(frame, 'header', 'type').meaning).to.equal('unknown opcode')
    expect(field(frame, 'body').value).to.deep.equal(hex('0000002a'))
    const notification = client(request(3, 0))
    expect(field(notification, 'header', 'type').meaning).to.equal('unknown opcode')
  })

  it('F4 shows bytes behind the record as trailing, which is no fault', () => {
    const frame = client(Buffer.concat([getData(1), hex('dead')]))
    expect(frame.fault).to.equal(null)
    expect(field(frame, 'trailing')).to.deep.include({ offset: 15, length: 2, value: hex('dead') })
    const failed = server(
      reply(1, -101, w => w.int(1)),
      { opcode: 4 },
    )
    expect(field(failed, 'trailing').length).to.equal(4)
    expect(field(server(reply(-2, 0, w => w.boolean(true))), 'trailing').length).to.equal(1)
  })

  it('shows the last token of a SASL exchange that failed', () => {
    const failed = server(
      reply(1, -115, w => w.int(-1)),
      { opcode: 102 },
    )
    expect(field(failed, 'body', 'token')).to.deep.include({ value: null, hidden: false })
    expect(server(reply(1, -124), { opcode: 102 }).fault).to.equal(null)
  })

  it('takes a multi apart, each operation with its header', () => {
    const body: MultiRequest = {
      operations: [
        { type: 13, request: { path: '/a', version: 3 } },
        { type: 2, request: { path: '/b', version: -1 } },
      ],
    }
    const frame = client(request(1, 14, w => op.multi.writeRequest(w, body)))
    expect(field(frame, 'body', '[0]', 'header', 'type').meaning).to.equal('check')
    expect(field(frame, 'body', '[1]', 'body', 'version')).to.deep.include({ value: -1, meaning: 'any' })
    expect(field(frame, 'body', 'end', 'done').value).to.equal(true)
    const results = server(
      reply(1, 0, w =>
        op.multi.writeResponse(w, {
          results: [
            { type: -1, err: -103 },
            { type: 2, response: null },
          ],
        }),
      ),
      { opcode: 14 },
    )
    expect(field(results, 'body', '[0]', 'body', 'err').meaning).to.equal('BAD_VERSION')
    expect(field(results, 'body', '[1]').children.map(child => child.name)).to.deep.equal(['header'])
  })
})

describe('a malformed frame', () => {
  const acl = '00000002 0000001f 00000005 776f726c64 00000006 616e796f6e65 00000001 00000002 6970'
  const HEADER = '00000001 00000001'

  it('F3 F5 is followed up to the field that cannot be, however deep', () => {
    const frame = client(hex(`${HEADER} 00000002 2f61 ffffffff ${acl} 00000200 7f`))
    expect(frame.fault).to.deep.equal({
      field: 'body.acl[1].id.id',
      offset: 55,
      code: 'BAD_LENGTH',
      reason: 'a length of 512, 1 bytes left',
    })
    expect(field(frame, 'body', 'acl', '[1]', 'id', 'scheme').value).to.equal('ip')
    expect(field(frame, 'undecoded')).to.deep.include({ offset: 55, length: 5 })
    expect(names(frame).slice(-4)).to.deep.equal(['perms', 'id', 'scheme', 'undecoded'])
  })

  it('F5 names a count that the bytes cannot hold', () => {
    const frame = server(hex('00000001 0000000000000007 00000000 7fffffff 00000000'), { opcode: 8 })
    expect(frame.fault).to.deep.include({ field: 'body.children', offset: 16, code: 'BAD_LENGTH' })
    expect(frame.fault?.reason).to.equal('a count of 2147483647, 4 bytes left')
    const negative = server(hex('00000001 0000000000000007 00000000 fffffff9'), { opcode: 8 })
    expect(negative.fault?.reason).to.equal('a count of -7, 0 bytes left')
  })

  it('names a null where the record has none', () => {
    const path = client(hex(`${HEADER} ffffffff`))
    expect(path.fault).to.deep.include({ field: 'body.path', offset: 8, code: 'UNEXPECTED_NULL' })
    expect(path.fault?.reason).to.equal('null, where ustring has none')
    const children = server(hex('00000001 0000000000000007 00000000 ffffffff'), { opcode: 8 })
    expect(children.fault?.reason).to.equal('null, where vector<ustring> has none')
  })

  it('names a header that is cut off', () => {
    const empty = server(Buffer.alloc(0))
    expect(empty.fault).to.deep.equal({
      field: 'header.xid',
      offset: 0,
      code: 'TRUNCATED',
      reason: '4 bytes wanted, 0 left',
    })
    expect(empty.fields).to.deep.equal([])
    const half = client(hex('00000001 0000'))
    expect(half.fault).to.deep.include({ field: 'header.type', offset: 4, code: 'TRUNCATED' })
    expect(half).to.deep.include({ xid: 1, operation: null })
  })

  it('names the type that no multi has, at its header', () => {
    const bytes = hex('00000001 0000000e 00000002 00 ffffffff 00000001 2f 00000000 00000063 00 ffffffff 99')
    const frame = client(bytes)
    expect(frame.fault).to.deep.equal({
      field: 'body[1].header.type',
      offset: 26,
      code: 'UNKNOWN_TYPE',
      reason: 'a multi has no type 99',
    })
    expect(field(frame, 'undecoded').length).to.equal(1)
  })

  it('S6 ends where a multi without an end header ends', () => {
    const frame = client(hex('00000001 0000000e 00000002 00 ffffffff 00000001 2f 00000000'))
    expect(frame.fault).to.deep.include({ field: 'body[1].header.type', offset: 26, code: 'TRUNCATED' })
    expect(field(frame, 'body').children).to.have.length(1)
  })
})

describe('secrets', () => {
  const AUTH = request(-4, 100, w =>
    op.auth.writeRequest(w, { type: 0, scheme: 'digest', auth: Buffer.from('alice:wonderland') }),
  )
  const SASL = request(1, 102, w => op.sasl.writeRequest(w, { token: Buffer.from('wonderland') }))
  const CASES: [string, Buffer, FrameOptions][] = [
    ['the password of a connect request', connectRequest, { side: 'client', handshake: true }],
    ['the password of a connect response', connectResponse, { side: 'server', handshake: true }],
    ['auth data', AUTH, { side: 'client' }],
    ['a SASL token', SASL, { side: 'client' }],
    [
      'a SASL challenge',
      reply(1, 0, w => w.buffer(Buffer.from('wonderland'))),
      { side: 'server', opcode: 102 },
    ],
  ]
  const SECRETS = [/0123456789/, /wonderland/, /30 31 32 33 34 35/, /77 6f 6e 64/]

  function expectHidden(frame: DissectedFrame): void {
    const shown = [formatFrame(frame), inspect(frame, { depth: 20 }), JSON.stringify(frame, withoutBigints)]
    for (const text of shown) for (const secret of SECRETS) expect(text).not.to.match(secret)
  }

  for (const [name, bytes, options] of CASES) {
    it(`hide ${name}, and show its length`, () => {
      const frame = dissectFrame(bytes, options)
      expectHidden(frame)
      expect(formatFrame(frame)).to.match(/(10|16) bytes, hidden/)
      const open = formatFrame(dissectFrame(bytes, { ...options, showSecrets: true }))
      expect(SECRETS.some(secret => secret.test(open))).to.equal(true)
    })

    it(`hide ${name} also where the frame is cut off, or its length is wrong`, () => {
      for (let cut = 0; cut < bytes.length; cut++) expectHidden(dissectFrame(bytes.subarray(0, cut), options))
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= 0x03
        const frame = dissectFrame(changed, options)
        // A changed opcode makes another request of it, whose fields are no secrets.
        if (frame.operation === dissectFrame(bytes, options).operation) expectHidden(frame)
      }
    })
  }

  it('hide a handshake that is taken for an ordinary frame', () => {
    expectHidden(dissectFrame(connectRequest, { side: 'client' }))
    expectHidden(dissectFrame(connectResponse, { side: 'server' }))
    expectHidden(dissectFrame(connectResponse, { side: 'server', opcode: 999 }))
  })

  it('hide what follows a length that cannot be', () => {
    const broken = Buffer.concat([hex('ffffffff'), connectRequest])
    for (const frame of dissectStream('client', broken)) expectHidden(frame)
    const [open] = dissectStream('client', broken, { showSecrets: true })
    expect(inspect(open, { depth: 9 })).to.match(/30 31 32 33 34 35/)
  })

  it('tell an absent password from a hidden one', () => {
    const none = written(w => writeConnectResponse(w, { ...CONNECT, passwd: null }))
    const frame = server(none, { handshake: true })
    expect(field(frame, 'body', 'passwd')).to.deep.include({ value: null, hidden: false })
  })
})

function withoutBigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

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

  it('takes a connection that begins in its midst, with the requests that are under way', () => {
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
    it(`takes ${word} for a four-letter word, and what is answered for text`, () => {
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

  it('takes text from a server for text, though the word was not seen', () => {
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

  it('takes frames as long as it is told', () => {
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

  it('says that a frame is cut off also where its fields are all there', () => {
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

  it('prints where and why a frame makes no sense', () => {
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
