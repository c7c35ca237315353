import { Writer } from '@zookit/jute'

export const SESSION = 0x100000000000001n
export const TIME = 1_790_000_000_000

/** Writes a transaction as a server logs it. */
export function transaction(zxid: bigint, kind: number, body: (writer: Writer) => void): Buffer {
  const writer = new Writer()
  writer.long(SESSION)
  writer.int(7)
  writer.long(zxid)
  writer.long(BigInt(TIME))
  writer.int(kind)
  body(writer)
  return Buffer.from(writer.written())
}

export const create = (path: string, isEphemeral: boolean) => (writer: Writer) => {
  writer.ustring(path)
  writer.buffer(Buffer.from('x'))
  writer.int(1)
  writer.int(31)
  writer.ustring('world')
  writer.ustring('anyone')
  writer.boolean(isEphemeral)
  writer.int(1)
}

export const remove = (path: string) => (writer: Writer) => writer.ustring(path)
