import { type DissectedFrame, dissectFrame, type FrameOptions } from '../../src/dissect.ts'
import {
  op,
  type Writer,
  writeConnectRequest,
  writeConnectResponse,
  writeReplyHeader,
  writeRequestHeader,
} from '../../src/index.ts'
import { written } from './bytes.ts'

/** A password that no dissection may show. */
const PASSWORD = Buffer.from('0123456789abcdef')
/** The fields that both handshake frames share. */
export const CONNECT = { protocolVersion: 0, timeOut: 10_000, sessionId: 5n, passwd: PASSWORD }

/** Returns the body of a request frame. */
export function request(xid: number, type: number, body: (writer: Writer) => unknown = () => {}): Buffer {
  return written(w => {
    writeRequestHeader(w, { xid, type })
    body(w)
  })
}

/** Returns the body of a reply frame. */
export function reply(xid: number, err: number, body: (writer: Writer) => unknown = () => {}): Buffer {
  return written(w => {
    writeReplyHeader(w, { xid, zxid: 7n, err })
    body(w)
  })
}

export const connectRequest = written(w =>
  writeConnectRequest(w, { ...CONNECT, lastZxidSeen: 0n, readOnly: false }),
)
export const connectResponse = written(w => writeConnectResponse(w, CONNECT))
export const getData = (xid: number): Buffer =>
  request(xid, 4, w => op.getData.writeRequest(w, { path: '/a', watch: true }))

/** Returns the names of a frame's fields, containers before what they contain. */
export function names(frame: DissectedFrame): string[] {
  const all = (fields: DissectedFrame['fields']): string[] =>
    fields.flatMap(field => [field.name, ...all(field.children)])
  return all(frame.fields)
}

/** Returns a field by its way from the top. */
export function field(frame: DissectedFrame, ...path: string[]): DissectedFrame['fields'][number] {
  let fields = frame.fields
  let found: DissectedFrame['fields'][number] | undefined
  for (const name of path) {
    found = fields.find(each => each.name === name)
    fields = found?.children ?? []
  }
  if (!found) throw new Error(`no ${path.join('.')} in ${names(frame)}`)
  return found
}

/** Dissects a frame from a client. */
export const client = (bytes: Buffer, more: Partial<FrameOptions> = {}): DissectedFrame =>
  dissectFrame(bytes, { side: 'client', ...more })
/** Dissects a frame from a server. */
export const server = (bytes: Buffer, more: Partial<FrameOptions> = {}): DissectedFrame =>
  dissectFrame(bytes, { side: 'server', ...more })
