import { types } from 'node:util'
import type { Data } from '@zookit/client'
import { badArgument } from './errors.ts'

/** Converts between a value and the data of a znode. It throws if the one cannot be converted into the other. */
export interface Codec<Value> {
  encode(value: Value): Data
  decode(data: Buffer | null): Value
}

/** JSON in UTF-8. The type of the value is a schema's concern. */
export const json: Codec<unknown> = {
  encode: value => {
    const text = JSON.stringify(value)
    if (text === undefined) throw badArgument(`the value cannot be written as JSON: ${String(value)}`)
    return text
  },
  decode: data => JSON.parse(data === null ? '' : data.toString()),
}

/** Text in UTF-8. A znode without data is empty text. */
const text: Codec<string> = {
  encode: value => {
    if (typeof value !== 'string') throw badArgument(`the value must be a string, not ${String(value)}`)
    return value
  },
  decode: data => (data === null ? '' : data.toString()),
}

/** Bytes, unchanged. Null and empty data stay different. */
export const binary: Codec<Uint8Array | null> = {
  encode: value => {
    if (value !== null && !types.isUint8Array(value))
      throw badArgument('the value must be a Uint8Array or null')
    return value
  },
  decode: data => data,
}

/** The built-in codecs: `json`, `text` and `binary`. */
export const codecs: {
  readonly json: Codec<unknown>
  readonly text: Codec<string>
  readonly binary: Codec<Uint8Array | null>
} = { json, text, binary }
