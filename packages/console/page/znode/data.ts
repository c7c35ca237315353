import { visible } from '../paths.ts'

/** Characters of text, and bytes of a dump, that are put into the document at once. */
export const MOST_TEXT = 200_000
export const MOST_HEX = 16_384
/** Levels of JSON, and characters of it with its indentation, that are indented: each level indents all that is in it. */
const MOST_DEPTH = 64
const MOST_INDENTED = 1024 * 1024

/** Decodes the data of an answer. */
export function bytesOf(base64: string | null): Uint8Array<ArrayBuffer> {
  const text = atob(base64 ?? '')
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** Encodes text for a request. */
export function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns the text that bytes are, or null if they are no UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes)
  } catch {
    return null
  }
}

/** Escapes what could hide in a text; its lines and tabs stay. */
export function visibleText(text: string): string {
  return text
    .split(/(\r?\n|\t)/)
    .map((part, i) => (i % 2 === 1 ? part : visible(part)))
    .join('')
}

const IMAGES: readonly (readonly [type: string, magic: readonly number[]])[] = [
  ['image/png', [0x89, 0x50, 0x4e, 0x47]],
  ['image/jpeg', [0xff, 0xd8, 0xff]],
  ['image/gif', [0x47, 0x49, 0x46, 0x38]],
  ['image/webp', [0x52, 0x49, 0x46, 0x46]],
]

/** Returns the type of an image by its first bytes, or null. An SVG is text: it is not drawn. */
export function imageType(bytes: Uint8Array): string | null {
  return IMAGES.find(([, magic]) => magic.every((byte, i) => bytes[i] === byte))?.[0] ?? null
}

/** Formats bytes as `hexdump -C` does. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, MOST_HEX); at += 16) {
    const row = [...bytes.subarray(at, at + 16)]
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = row.map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  return lines.join('\n')
}

/** A piece of JSON, for its colour. */
export interface Token {
  readonly kind: 'key' | 'string' | 'number' | 'word' | 'mark'
  readonly text: string
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g

/** Indents JSON, token by token, so that numbers keep every digit. @returns null if it is no JSON, or too deep or large to indent. */
export function prettyJson(text: string): Token[] | null {
  if (!/^\s*[{["]/.test(text) || text.length > MOST_TEXT) return null
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const tokens: Token[] = []
  const raw = text.match(TOKEN) ?? []
  let depth = 0
  let length = 0
  const line = (): string => `\n${'  '.repeat(depth)}`
  const add = (kind: Token['kind'], shown: string): void => {
    length += shown.length
    tokens.push({ kind, text: shown })
  }
  for (const [i, token] of raw.entries()) {
    const next = raw[i + 1]
    if (token === '{' || token === '[') {
      const isEmpty = next === '}' || next === ']'
      if (!isEmpty) depth++
      if (depth > MOST_DEPTH) return null
      add('mark', isEmpty ? token : token + line())
    } else if (token === '}' || token === ']') {
      const isEmpty = raw[i - 1] === '{' || raw[i - 1] === '['
      if (!isEmpty) depth--
      add('mark', isEmpty ? token : line() + token)
    } else if (token === ',') add('mark', `,${line()}`)
    else if (token === ':') add('mark', ': ')
    else add(kindOf(token, next), token)
    if (length > MOST_INDENTED) return null
  }
  return tokens
}

function kindOf(token: string, next: string | undefined): Token['kind'] {
  if (token.startsWith('"')) return next === ':' ? 'key' : 'string'
  return /^[tfn]/.test(token) ? 'word' : 'number'
}
