import { ZooKeeperError } from '@zookit/connection'
import type { Stat } from '@zookit/jute'
import { type ReadOptions, VERSION_OPTIONS, type VersionOptions } from './arguments.ts'
import { checkOptions, describe } from './checks.ts'
import { InvalidArgument } from './invalid-argument.ts'
import { mapped, type NodeData } from './operations.ts'
import type { Requests } from './requests.ts'

/** The result of getJson. */
export interface JsonData<Value> {
  value: Value
  stat: Stat
}

/** Reads a znode's data as JSON. The value is made while the reply is read: no later reply can overtake it. */
export function getJson<Value>(
  requests: Requests,
  path: string,
  options?: ReadOptions,
): Promise<JsonData<Value>> {
  const operation = mapped({ ...requests.operations.getData, name: 'getJson' }, (reply: NodeData) => ({
    value: decode(reply.data, path) as Value,
    stat: reply.stat,
  }))
  return requests.read(operation, path, options)
}

/** Replaces a znode's data by JSON. @throws InvalidArgument. */
export function setJson(
  requests: Requests,
  path: string,
  value: unknown,
  options?: VersionOptions,
): Promise<Stat> {
  if (options !== undefined) checkOptions(options, VERSION_OPTIONS)
  const data = Buffer.from(encodeJson(value))
  const body = { path: requests.resolve(path), data, version: options?.version ?? -1 }
  return requests.send({ ...requests.operations.setData, name: 'setJson' }, body, path, options)
}

function decode(data: Buffer | null, path: string): unknown {
  const details = { operation: 'getJson', path, outcome: 'rejected' } as const
  if (data === null) {
    throw new ZooKeeperError('INVALID_DATA', {
      ...details,
      message: 'the znode has no data: JSON is expected',
    })
  }
  try {
    return JSON.parse(data.toString())
  } catch (cause) {
    // The parser's own message shows a part of the data, which may be secret.
    throw new ZooKeeperError('INVALID_DATA', { ...details, message: "the znode's data is not JSON", cause })
  }
}

/** Returns a value as JSON. @throws InvalidArgument: JSON has no such value. */
export function encodeJson(value: unknown): string {
  let reason = `${describe(value)} has no form in JSON`
  try {
    const text: string | undefined = JSON.stringify(value)
    if (text !== undefined) return text
  } catch (error) {
    reason = (error as Error).message
  }
  throw new InvalidArgument(`the value cannot be written as JSON: ${reason}`)
}
