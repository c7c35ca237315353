import type { Data } from '@zookit/client'

/** Between a value and what is in a node. What it throws says that the one cannot be made into the other. */
export interface Codec<Value> {
  encode(value: Value): Data
  decode(data: Buffer | null): Value
}

/** JSON, in UTF-8. Which type it is, is for a schema to say. */
export const json: Codec<unknown> = {
  encode: value => {
    const text = JSON.stringify(value)
    if (text === undefined) throw new TypeError(`there is no JSON for ${String(value)}`)
    return text
  },
  decode: data => JSON.parse(data === null ? '' : data.toString()),
}

/** Text in UTF-8. A node without data is empty text. */
export const text: Codec<string> = {
  encode: value => {
    if (typeof value !== 'string') throw new TypeError(`text is a string, not ${String(value)}`)
    return value
  },
  decode: data => (data === null ? '' : data.toString()),
}

/** Bytes as they are; null and empty are told apart. */
export const binary: Codec<Uint8Array | null> = {
  encode: value => {
    if (value !== null && !(value instanceof Uint8Array)) throw new TypeError('it is neither bytes nor null')
    return value
  },
  decode: data => data,
}

/** The codecs that there are: `json`, `text` and `binary`. */
export const codecs: {
  readonly json: Codec<unknown>
  readonly text: Codec<string>
  readonly binary: Codec<Uint8Array | null>
} = { json, text, binary }
