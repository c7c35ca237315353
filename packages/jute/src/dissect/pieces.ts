import type { DissectedField, DissectedFrame, FrameKind, Side } from './types.ts'

/** Makes the field for bytes that no layout names. */
export function bytesField(
  name: string,
  offset: number,
  bytes: Buffer,
  hidden: boolean,
  meaning = '',
): DissectedField {
  const shown = hidden ? bytes.subarray(0, 0) : bytes
  const value = hidden ? undefined : bytes
  return {
    name,
    type: 'bytes',
    offset,
    length: bytes.length,
    value,
    meaning,
    hidden,
    bytes: shown,
    children: [],
  }
}

/** Makes the field for the length before a frame. */
export function lengthField(offset: number, bytes: Buffer): DissectedField {
  const length = bytes.subarray(0, 4)
  const value = length.readInt32BE(0)
  return {
    name: 'length',
    type: 'int',
    offset,
    length: 4,
    value,
    meaning: '',
    hidden: false,
    bytes: length,
    children: [],
  }
}

/** Makes the frame that stands for the text of a connection that begins with a four-letter word. */
export function textFrame(
  side: Side,
  kind: FrameKind,
  offset: number,
  bytes: Buffer,
  fields: readonly [name: string, bytes: Buffer][],
): DissectedFrame {
  let at = offset
  const children: DissectedField[] = []
  for (const [name, part] of fields) {
    if (part.length > 0) children.push({ ...bytesField(name, at, part, false), value: part.toString('utf8') })
    at += part.length
  }
  return {
    side,
    kind,
    operation: null,
    xid: null,
    offset,
    length: bytes.length,
    fields: children,
    fault: null,
  }
}
