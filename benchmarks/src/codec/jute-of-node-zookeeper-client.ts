import { createRequire } from 'node:module'

/** One of node-zookeeper-client's records. */
export interface JuteRecord {
  byteLength(): number
  serialize(buffer: Buffer, offset: number): number
  deserialize(buffer: Buffer, offset: number): number
}

type JuteClass = new (...fields: unknown[]) => JuteRecord

/** node-zookeeper-client's serializer, which its package does not speak of. */
export const jute: Record<'protocol' | 'data', Record<string, JuteClass>> = createRequire(import.meta.url)(
  'node-zookeeper-client/lib/jute',
)

/** A long as it takes and gives them: eight bytes. */
export function longBytes(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}
