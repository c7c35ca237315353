import type { DissectedField, DissectedFrame, FieldValue, FrameKind } from './types.ts'

const KINDS: { readonly [kind in FrameKind]: string } = {
  'connect-request': 'connect request',
  'connect-response': 'connect response',
  request: 'request',
  reply: 'reply',
  notification: 'notification',
  'four-letter-word': 'four-letter word',
  text: 'text',
}

/** Bytes shown of a field. */
const MOST_BYTES = 16
/** Characters shown of a text. */
const MOST_TEXT = 120

/**
 * Prints a frame: a line with its kind, a line for each field (offset, bytes in hex, name, value, meaning), and for a
 * malformed frame a line with the place and the reason.
 *
 * Long values are cut, and characters that a terminal would act on are escaped. Hidden fields are
 * hidden in the text too.
 */
export function formatFrame(frame: DissectedFrame): string {
  const lines = [title(frame), ...frame.fields.flatMap(field => fieldLines(field, 0))]
  if (frame.fault) {
    const { field, offset, code, reason } = frame.fault
    lines.push(`  malformed: ${field} at ${offset}: ${reason} (${code})`)
  }
  return lines.join('\n')
}

function title({ side, kind, operation, xid, offset, length }: DissectedFrame): string {
  const about = [operation, xid === null ? null : `xid ${xid}`].filter(part => part !== null)
  const what = about.length === 0 ? '' : `: ${about.join(', ')}`
  return `${side} ${KINDS[kind]}, ${length} bytes at ${offset}${what}`
}

function fieldLines(field: DissectedField, depth: number): string[] {
  const name = `${'  '.repeat(depth)}${field.name}`
  const columns = [String(field.offset).padStart(8), hex(field.bytes), name.padEnd(24), describe(field)]
  return [columns.join('  ').trimEnd(), ...field.children.flatMap(child => fieldLines(child, depth + 1))]
}

function hex(bytes: Buffer): string {
  const shown = bytes.toString('hex', 0, MOST_BYTES).replaceAll(/..(?=.)/g, '$& ')
  return `${shown}${bytes.length > MOST_BYTES ? ' ..' : ''}`.padEnd(MOST_BYTES * 3 + 2)
}

function describe(field: DissectedField): string {
  const parts = [field.hidden ? hiddenLength(field) : isContainer(field) ? field.type : text(field.value)]
  if (field.meaning !== '') parts.push(field.meaning)
  return parts.join('  ')
}

/** Returns the length of a hidden field as text. Its length field is no secret, and does not count. */
function hiddenLength({ type, length }: DissectedField): string {
  return `${type === 'bytes' ? length : length - 4} bytes, hidden`
}

function isContainer({ type, value, children }: DissectedField): boolean {
  return value === undefined && (children.length > 0 || type !== 'boolean')
}

function text(value: FieldValue): string {
  if (value === undefined) return 'absent'
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'bigint') return longText(value)
  if (Buffer.isBuffer(value)) return bufferText(value)
  return String(value)
}

/** Ids are known by their hexadecimal form; -1 by itself. */
function longText(value: bigint): string {
  return value >= -1n && value <= 9n ? String(value) : `0x${BigInt.asUintN(64, value).toString(16)}`
}

function bufferText(bytes: Buffer): string {
  const start = bytes.toString('latin1', 0, MOST_TEXT + 1)
  const printable = start !== '' && /^[ -~]+$/.test(start)
  return `${bytes.length} bytes${printable ? `  ${quote(start)}` : ''}`
}

/** Control characters, line separators and those that turn the direction of writing. */
const DANGEROUS = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

function quote(value: string): string {
  const cut = value.length > MOST_TEXT ? `${value.slice(0, MOST_TEXT)}..` : value
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(cut).replaceAll(DANGEROUS, escaped)
}
