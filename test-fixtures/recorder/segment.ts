import type { Frame } from './proxy.ts'

const NOTIFICATION_XID = -1

/** The message at the `begin` of a case. The values of `sent` and `expect` are Java's, unchanged. */
export interface CaseHead {
  kind: 'call' | 'events' | 'handshake' | 'stream'
  name: string
  operation?: string
  opcode?: number
  sent?: unknown
  /** False where the server is known never to answer. */
  isAnswered?: boolean
}

export interface CallFixture {
  name: string
  operation: string
  opcode: number
  server: string
  request: string
  reply: string | null
  sent: unknown
  expect: unknown
}

export interface HandshakeFixture {
  name: string
  server: string
  request: string
  reply: string
  sent: unknown
  expect: unknown
}

export interface EventsFixture {
  name: string
  server: string
  events: { frame: string; expect: unknown }[]
}

export interface StreamFixture {
  name: string
  server: string
  expect: unknown
  frames: { from: string; bytes: string }[]
}

const xidOf = (frame: Frame): number => frame.body.readInt32BE(0)

function isRequest(frame: Frame, opcode: number): boolean {
  return frame.from === 'client' && !frame.isFirst && frame.body.readInt32BE(4) === opcode
}

/** Returns the first frame that answers the request: same connection, same xid, later. */
function replyTo(frames: readonly Frame[], request: Frame, name: string): Frame {
  const reply = frames
    .slice(frames.indexOf(request) + 1)
    .find(
      frame =>
        frame.from === 'server' &&
        frame.connection === request.connection &&
        !frame.isFirst &&
        xidOf(frame) === xidOf(request),
    )
  if (!reply) throw new Error(`no reply was recorded for '${name}'`)
  return reply
}

/** Returns a SASL token, the only field that Apache's client does not show: four bytes of length after the header. */
function saslToken(body: Buffer, headerLength: number): unknown {
  if (body.length < headerLength + 4) return null
  return body.readInt32BE(headerLength) < 0 ? null : { hex: body.subarray(headerLength + 4).toString('hex') }
}

function saslStep(request: Frame, reply: Frame): Pick<CallFixture, 'sent' | 'expect'> {
  const err = reply.body.readInt32BE(12)
  return {
    sent: { token: saslToken(request.body, 8) },
    expect: { err, response: err === 0 ? { token: saslToken(reply.body, 16) } : null },
  }
}

/** Returns every request of the case's opcode with its reply; more than one only where a client made several by itself. */
export function callFixtures(
  head: CaseHead,
  expect: unknown,
  frames: readonly Frame[],
  server: string,
): CallFixture[] {
  const { operation, opcode } = head as Required<CaseHead>
  const requests = frames.filter(frame => isRequest(frame, opcode))
  if (requests.length === 0) throw new Error(`no request was recorded for '${operation}: ${head.name}'`)
  const used = operation === 'sasl' ? requests : requests.slice(0, 1)
  return used.map((request, index) => {
    const name = `${operation}: ${head.name}${used.length > 1 ? `, step ${index + 1}` : ''}`
    const reply = head.isAnswered === false ? undefined : replyTo(frames, request, name)
    return {
      name,
      operation,
      opcode,
      server,
      request: request.body.toString('hex'),
      reply: reply?.body.toString('hex') ?? null,
      sent: head.sent ?? null,
      expect,
      ...(operation === 'sasl' && reply && saslStep(request, reply)),
    }
  })
}

export function handshakeFixture(
  head: CaseHead,
  expect: unknown,
  frames: readonly Frame[],
  server: string,
): HandshakeFixture {
  const request = frames.find(frame => frame.isFirst && frame.from === 'client')
  const reply = frames.find(
    frame => frame.isFirst && frame.from === 'server' && frame.connection === request?.connection,
  )
  if (!request || !reply) throw new Error(`no handshake was recorded for '${head.name}'`)
  return {
    name: head.name,
    server,
    request: request.body.toString('hex'),
    reply: reply.body.toString('hex'),
    sent: head.sent,
    expect,
  }
}

export function eventsFixture(
  head: CaseHead,
  expect: unknown,
  frames: readonly Frame[],
  server: string,
): EventsFixture {
  const events = frames.filter(f => f.from === 'server' && !f.isFirst && xidOf(f) === NOTIFICATION_XID)
  const seen = expect as unknown[]
  if (events.length !== seen.length) {
    throw new Error(`'${head.name}': ${events.length} events were recorded, but Java saw ${seen.length}`)
  }
  return {
    name: head.name,
    server,
    events: events.map(({ body }, index) => ({ frame: body.toString('hex'), expect: seen[index] })),
  }
}

export function streamFixture(
  head: CaseHead,
  expect: unknown,
  frames: readonly Frame[],
  server: string,
): StreamFixture {
  if (new Set(frames.map(frame => frame.connection)).size !== 1) {
    throw new Error(`'${head.name}' is not one connection's traffic`)
  }
  return {
    name: head.name,
    server,
    expect,
    frames: frames.map(({ from, body }) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(body.length)
      return { from, bytes: Buffer.concat([length, body]).toString('hex') }
    }),
  }
}
