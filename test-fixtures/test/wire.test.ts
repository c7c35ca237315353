import { OpCode } from '@zookit/jute'
import { expect } from 'chai'
import { inJavaTerms, loadWireFixtures, type WireCall } from '../src/wire.ts'

const OPCODES: Readonly<Record<string, number>> = OpCode

/** Operations that a server of this kind never refuses, or refuses by closing the connection alone. */
const NEVER_REFUSED = ['closeSession', 'getEphemerals', 'ping', 'setWatches', 'setWatches2', 'whoAmI']

const ERRORS: Readonly<Record<string, number>> = {
  MARSHALLING_ERROR: -5,
  UNIMPLEMENTED: -6,
  BAD_ARGUMENTS: -8,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  NOT_READONLY: -119,
  NO_WATCHER: -121,
  RECONFIG_DISABLED: -123,
  SESSION_CLOSED_REQUIRE_AUTH: -124,
  QUOTA_EXCEEDED: -125,
}

const fixtures = loadWireFixtures()

function ofOperation(operation: string): WireCall[] {
  return fixtures.calls.filter(call => call.operation === operation)
}

/** Returns the errors in the reply: its own, or those of a multi's operations. */
function errorsOf(call: WireCall): unknown[] {
  const results = call.expect?.response?.results
  if (!Array.isArray(results)) return [call.expect?.err]
  return results.map(result => (result as { err?: number }).err)
}

describe('the recorded frames', () => {
  it('hold every operation', () => {
    const recorded = Object.fromEntries(fixtures.calls.map(call => [call.operation, call.opcode]))
    expect(recorded).to.deep.equal({ ...OPCODES, unknown: 999 })
  })

  for (const operation of Object.keys(OPCODES)) {
    it(`hold a success of ${operation}${NEVER_REFUSED.includes(operation) ? '' : ' and a refusal'}`, () => {
      const errs = ofOperation(operation).map(call => call.expect?.err ?? 0)
      expect(errs).to.include(0)
      const refusals = ofOperation(operation)
        .flatMap(errorsOf)
        .filter(err => typeof err === 'number' && err < 0)
      if (!NEVER_REFUSED.includes(operation)) expect(refusals).not.to.deep.equal([])
    })
  }

  it('are what their names and headers say', () => {
    expect(new Set(fixtures.calls.map(call => call.name)).size).to.equal(fixtures.calls.length)
    for (const call of fixtures.calls) {
      expect(call.request.readInt32BE(4), call.name).to.equal(call.opcode)
      if (!call.reply || !call.expect) continue
      expect(call.reply.readInt32BE(0), call.name).to.equal(call.request.readInt32BE(0))
      expect(call.reply.readInt32BE(12), call.name).to.equal(call.expect.err)
      if (call.expect.zxid !== undefined) expect(call.reply.readBigInt64BE(4)).to.equal(call.expect.zxid)
      const code = Object.keys(ERRORS).find(name => call.name.includes(`: ${name}`))
      if (code) expect(errorsOf(call), call.name).to.include(ERRORS[code])
      else expect(call.expect.err === 0 || call.operation === 'sasl', call.name).to.equal(true)
    }
  })

  it('hold every event type that a server sends', () => {
    const events = fixtures.events.flatMap(({ events }) => events)
    expect(new Set(events.map(event => event.expect.type))).to.deep.equal(new Set([1, 2, 3, 4]))
    for (const { frame, expect: event } of events) {
      expect(frame.readInt32BE(0)).to.equal(-1)
      expect(frame.readInt32BE(16)).to.equal(event.type)
    }
  })

  it('hold handshakes of new, resumed, expired and read-only sessions', () => {
    const outcome = (name: string) => fixtures.handshakes.find(handshake => handshake.name === name)?.reply
    expect(outcome('a new session')).to.have.length(37)
    expect(outcome('a session resumed by another process')?.readInt32BE(4)).to.equal(20_000)
    expect(outcome('expired: a session that was closed')?.readInt32BE(4)).to.equal(0)
    expect(outcome('a read-only server')?.at(-1)).to.equal(1)
    expect(outcome('a session id with its top bit set')?.readBigInt64BE(8)).to.satisfy(
      (id: bigint) => id < 0n,
    )
    expect(outcome('hand-made: no read-only byte, as clients before 3.4 send it')).to.have.length(36)
  })

  it('hold a whole connection from its handshake to its close', () => {
    const [stream] = fixtures.streams
    const sides = (['client', 'server'] as const).map(side =>
      stream?.frames.filter(({ from }) => from === side),
    )
    for (const frames of sides) {
      for (const { bytes } of frames ?? []) expect(bytes.length).to.equal(4 + bytes.readInt32BE(0))
    }
    const [requests, replies] = sides
    expect(requests?.at(-1)?.bytes.readInt32BE(8)).to.equal(OPCODES.closeSession)
    const xids = replies?.slice(1).map(({ bytes }) => bytes.readInt32BE(4)) ?? []
    expect(xids).to.include.members([-1, -2, -4])
    expect(xids.filter(xid => xid > 0)).to.deep.equal(Array.from({ length: 63 }, (_, index) => index + 1))
  })
})

describe('a decoded value in Java terms', () => {
  it('is equal to what Java showed', () => {
    const java = { data: { hex: '00ff' }, stat: { czxid: '5', ctime: '7', version: 1 }, names: ['a', null] }
    const ours = {
      data: Buffer.from([0, 255]),
      stat: { czxid: 5n, ctime: 7, version: 1 },
      names: ['a', null],
    }
    expect(inJavaTerms(ours, java)).to.deep.equal(java)
    expect(inJavaTerms({ ...ours, data: null }, java)).not.to.deep.equal(java)
  })
})
