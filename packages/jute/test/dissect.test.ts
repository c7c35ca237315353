import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  type DissectedFrame,
  dissectFrame,
  dissectStream,
  type FrameOptions,
  formatFrame,
} from '../src/dissect.ts'
import { type MultiRequest, op, writeConnectResponse, writeWatcherEvent } from '../src/index.ts'
import { hex, written } from './support/bytes.ts'
import {
  CONNECT,
  client,
  connectRequest,
  connectResponse,
  field,
  getData,
  names,
  reply,
  request,
  server,
} from './support/frames.ts'

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

  it('knows the reply that a read-only server without local sessions gives to a handshake', () => {
    const frame = server(reply(0, -119), { handshake: true })
    expect(frame).to.deep.include({ kind: 'reply', xid: 0, fault: null })
    expect(field(frame, 'header', 'err').meaning).to.equal('NOT_READ_ONLY')
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

  it('F3 F5 is dissected up to the invalid field, however deep', () => {
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

  it('hide what follows an impossible length', () => {
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
