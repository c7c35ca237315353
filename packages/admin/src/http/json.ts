import { isInteger, parse } from 'lossless-json'

/** A value of an answer. Integers that a number cannot hold, such as session ids, are bigints. */
export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json }

/** An object of an answer, with the fields as AdminServer names them. */
export type JsonObject = { readonly [name: string]: Json }

function parseNumber(text: string): number | bigint {
  const number = Number(text)
  return isInteger(text) && !Number.isSafeInteger(number) ? BigInt(text) : number
}

/** Parses JSON without a loss of digits. @throws SyntaxError. */
export function parseJson(text: string): Json {
  return parse(text, null, { parseNumber }) as Json
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
