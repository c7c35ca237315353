import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../../src/index.ts'
import { create } from '../support/helpers.ts'
import { exchange, handshakeFrame, RawClient } from '../support/raw-client.ts'

const NO_PASSWORD = Buffer.alloc(16)

/** Tells if the server closes the connection without an answer to a handshake. */
async function isRefused(
  server: TestServer,
  handshake: Parameters<typeof handshakeFrame>[0],
): Promise<boolean> {
  const answer = await exchange(server, handshakeFrame(handshake))
  expect(answer.length).to.equal(0)
  return true
}

describe('A handshake with the in-memory server', () => {
  it('opens a session with an id, a password and a timeout', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server, { timeOut: 5000 })
    const { sessionId, passwd, timeOut, protocolVersion } = client.response!
    expect(sessionId).to.not.equal(0n)
    expect(passwd).to.have.length(16)
    expect(passwd!.equals(NO_PASSWORD)).to.equal(false)
    expect([timeOut, protocolVersion]).to.deep.equal([5000, 0])
    expect(server.sessions().map(({ id }) => id)).to.deep.equal([sessionId])
  })

  it('takes a zxid, as every session does', async () => {
    await using server = await TestServer.start()
    using first = await RawClient.open(server)
    expect((await first.ask(op.ping, null)).zxid).to.equal(1n)
    using second = await RawClient.open(server)
    expect((await second.ask(op.ping, null)).zxid).to.equal(2n)
  })

  it('limits the timeout to its bounds', async () => {
    await using server = await TestServer.start({ minSessionTimeout: 1000, maxSessionTimeout: 20_000 })
    const granted: number[] = []
    for (const timeOut of [-1, 0, 999, 1000, 20_000, 20_001, 2 ** 31 - 1]) {
      using client = await RawClient.open(server, { timeOut })
      granted.push(client.response!.timeOut)
    }
    expect(granted).to.deep.equal([1000, 1000, 1000, 1000, 20_000, 20_000, 20_000])
  })

  it('has the read-only byte in its answer only where the request has it', async () => {
    await using server = await TestServer.start()
    const sizes: number[] = []
    for (const readOnly of [undefined, false, true]) {
      using client = await RawClient.open(server, { readOnly })
      expect(client.response!.readOnly).to.equal(readOnly === undefined ? undefined : false)
      sizes.push(client.chunks[0]!)
    }
    expect(sizes).to.deep.equal([40, 41, 41])
  })

  it('derives the passwords from session ids as Apache’s server does', async () => {
    const { passwordOf } = await import('../../src/server/session-password.ts')
    // From the answer of a real server.
    expect(passwordOf(72057835660443663n).toString('hex')).to.equal('c19b649e3094e7296f72b72a31062daf')
    expect(passwordOf(72057835660443664n).toString('hex')).to.equal('bd1e039f519a5ae69162d396df97020e')
  })

  it('resumes a session by its password, and closes its old connection', async () => {
    await using server = await TestServer.start()
    using first = await RawClient.open(server)
    await create(first, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = first.response!
    using second = await RawClient.open(server, { sessionId, passwd, timeOut: 7000 })
    expect(second.response).to.deep.include({ sessionId, passwd, timeOut: 7000 })
    await first.closed
    expect(await second.call(op.getEphemerals, { prefixPath: '/' })).to.deep.equal({ ephemerals: ['/mine'] })
  })

  it('answers an unknown session and a wrong password alike: no timeout, no session, closed', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const { sessionId, passwd } = client.response!
    const wrong = Buffer.from(passwd!)
    wrong[3]! ^= 1
    for (const handshake of [
      { sessionId: sessionId + 7n, passwd },
      { sessionId, passwd: wrong },
      { sessionId, passwd: NO_PASSWORD },
      { sessionId, passwd: null },
    ]) {
      using other = await RawClient.open(server, handshake)
      expect(other.response).to.deep.equal({
        protocolVersion: 0,
        timeOut: 0,
        sessionId: 0n,
        passwd: NO_PASSWORD,
        readOnly: false,
      })
      await other.closed
    }
  })

  it('closes without an answer when the client has seen a later zxid', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    const { zxid } = await client.ask(op.ping, null)
    expect(await isRefused(server, { lastZxidSeen: zxid + 1n })).to.equal(true)
    expect(await isRefused(server, { lastZxidSeen: 2n ** 62n })).to.equal(true)
    using other = await RawClient.open(server, { lastZxidSeen: zxid })
    expect(other.sessionId).to.not.equal(0n)
  })

  it('closes without an answer when the request is not a handshake', async () => {
    await using server = await TestServer.start({ maxBuffer: 1000 })
    const whole = handshakeFrame()
    const cut = Buffer.concat([Buffer.from([0, 0, 0, 20]), whole.subarray(4, 24)])
    const negative = Buffer.from([0xff, 0xff, 0xff, 0xfb])
    const tooLong = Buffer.from([0, 0, 3, 0xe9])
    const empty = Buffer.alloc(4)
    for (const bytes of [cut, negative, tooLong, empty]) {
      expect((await exchange(server, bytes)).length).to.equal(0)
    }
  })

  it('is answered when its bytes come one by one', async () => {
    await using server = await TestServer.start()
    using client = new RawClient(server)
    for (const byte of handshakeFrame()) {
      client.send(Buffer.of(byte))
      await new Promise(resolve => setImmediate(resolve))
    }
    await client.until(() => client.response !== undefined)
    expect(client.sessionId).to.not.equal(0n)
  })
})

describe('A read-only in-memory server', () => {
  it('admits only clients that accept it, with sessions of its own', async () => {
    await using server = await TestServer.start({ readOnly: true, seed: { a: 'x' } })
    expect(await isRefused(server, { readOnly: false })).to.equal(true)
    expect(await isRefused(server, { readOnly: undefined })).to.equal(true)
    using client = await RawClient.open(server, { readOnly: true })
    expect(client.response!.readOnly).to.equal(true)
    const { data } = await client.call(op.getData, { path: '/a', watch: false })
    expect(data!.toString()).to.equal('x')
    const { sessionId, passwd } = client.response!
    using again = await RawClient.open(server, { readOnly: true, sessionId, passwd })
    expect(again.sessionId).to.equal(sessionId)
    await again.call(op.closeSession, null)
    await again.closed
  })

  it('answers every write and sync with NOT_READ_ONLY', async () => {
    await using server = await TestServer.start({ readOnly: true, seed: { a: '' } })
    using client = await RawClient.open(server, { readOnly: true })
    const errors = [
      (await client.ask(op.sync, { path: '/' })).err,
      (await client.ask(op.delete, { path: '/a', version: -1 })).err,
      (await client.ask(op.setData, { path: '/a', data: null, version: -1 })).err,
      (await client.ask(op.multi, { operations: [] })).err,
    ]
    expect(errors).to.deep.equal([-119, -119, -119, -119])
    expect(server.dump()).to.deep.equal({ '/a': '' })
  })

  it('closes without an answer on a session of the ensemble, and resumes it when it takes writes again', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    await create(client, '/mine', { mode: 'ephemeral' })
    const { sessionId, passwd } = client.response!
    server.setReadOnly(true)
    await client.closed
    expect(await isRefused(server, { readOnly: true, sessionId, passwd })).to.equal(true)
    expect((await exchange(server, 'isro')).toString()).to.equal('ro')
    server.setReadOnly(false)
    expect((await exchange(server, 'isro')).toString()).to.equal('rw')
    using back = await RawClient.open(server, { sessionId, passwd })
    expect(await back.call(op.getEphemerals, { prefixPath: '/' })).to.deep.equal({ ephemerals: ['/mine'] })
  })
})
