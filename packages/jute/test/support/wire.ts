import { loadWireFixtures, type WireCall, type WireFixtures } from '@zookit/test-fixtures/wire'
import {
  type AnyOperation,
  op,
  type Reader,
  readConnectRequest,
  readConnectResponse,
  readReplyHeader,
  readRequestHeader,
  readWatcherEvent,
} from '../../src/index.ts'
import {
  ConnectRequestLayout,
  ConnectResponseLayout,
  type Layout,
  operationLayouts,
  ReplyHeaderLayout,
  RequestHeaderLayout,
  WatcherEventLayout,
} from '../../src/layout.ts'

export const fixtures: WireFixtures = loadWireFixtures()

/** Returns the row of an opcode; undefined for one that the protocol does not know. */
export function rowOf(opcode: number): AnyOperation | undefined {
  return op.operations.find(row => row.code === opcode)
}

/** Tells whether a reply has a body. After an error only the reply of a SASL exchange has one. */
export function hasBody(call: WireCall): boolean {
  return call.reply !== null && call.reply.length > 16
}

/** One frame, and the ways to read it with each of the two readings. */
export interface FrameCase {
  readonly name: string
  /** The frame without its length. */
  readonly frame: Buffer
  /** The generated codec. */
  readonly read: (reader: Reader) => unknown
  /** The layouts whose values, one after the other, are the frame. */
  readonly layouts: readonly Layout<unknown>[]
}

/** A request of an opcode that nobody knows has no body that could be read. */
function requestCase(call: WireCall): FrameCase {
  const row = rowOf(call.opcode)
  const layout = operationLayouts.get(call.opcode)?.request
  return {
    name: `the request of ${call.name}`,
    frame: call.request,
    read: reader => [readRequestHeader(reader), ...(layout ? [row?.readRequest(reader)] : [])],
    layouts: [RequestHeaderLayout, ...(layout ? [layout] : [])],
  }
}

function replyCase(call: WireCall): FrameCase[] {
  if (call.reply === null) return []
  const row = rowOf(call.opcode)
  const layout = hasBody(call) ? operationLayouts.get(call.opcode)?.response : null
  return [
    {
      name: `the reply to ${call.name}`,
      frame: call.reply,
      read: reader => [readReplyHeader(reader), ...(layout ? [row?.readResponse(reader)] : [])],
      layouts: [ReplyHeaderLayout, ...(layout ? [layout] : [])],
    },
  ]
}

/** Every recorded frame but those of whole streams. */
export const FRAME_CASES: readonly FrameCase[] = [
  ...fixtures.calls.flatMap(call => [requestCase(call), ...replyCase(call)]),
  ...fixtures.handshakes.flatMap(({ name, request, reply }): FrameCase[] => [
    {
      name: `the connect request of ${name}`,
      frame: request,
      read: reader => [readConnectRequest(reader)],
      layouts: [ConnectRequestLayout],
    },
    {
      name: `the connect response of ${name}`,
      frame: reply,
      read: reader => [readConnectResponse(reader)],
      layouts: [ConnectResponseLayout],
    },
  ]),
  ...fixtures.events.flatMap(({ name, events }) =>
    events.map(
      ({ frame }, i): FrameCase => ({
        name: `event ${i + 1} of ${name}`,
        frame,
        read: reader => [readReplyHeader(reader), readWatcherEvent(reader)],
        layouts: [ReplyHeaderLayout, WatcherEventLayout],
      }),
    ),
  ),
]
