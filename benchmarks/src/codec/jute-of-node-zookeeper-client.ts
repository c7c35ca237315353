import { createRequire } from 'node:module'

/** A record of node-zookeeper-client. */
export interface JuteRecord {
  byteLength(): number
  serialize(buffer: Buffer, offset: number): number
  deserialize(buffer: Buffer, offset: number): number
}

type JuteClass = new (...fields: unknown[]) => JuteRecord

/** The serializer of node-zookeeper-client, which is not part of its public interface. */
export const jute: Record<'protocol' | 'data', Record<string, JuteClass>> = createRequire(import.meta.url)(
  'node-zookeeper-client/lib/jute',
)

/** Makes a long in its form: eight bytes. */
export function longBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}
