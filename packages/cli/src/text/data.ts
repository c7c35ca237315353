const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes bytes as UTF-8. @returns null if they are something else. */
export function asText(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes)
  } catch {
    return null
  }
}

/** A znode's data in JSON: text where it is UTF-8, base64 where it is not, null where there is none. */
export type JsonData = { readonly data: string | null } | { readonly base64: string }

/** Reads base64, with or without padding. @returns null for other text, of which Node would skip a part. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '') ? bytes : null
}

/** Puts data into a form for JSON that keeps every byte. */
export function toJsonData(bytes: Buffer | null): JsonData {
  if (bytes === null) return { data: null }
  const text = asText(bytes)
  return text === null ? { base64: bytes.toString('base64') } : { data: text }
}

/** Prints bytes as `hexdump -C` does. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    const hex = [...row].map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    const text = [...row].map(byte => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  |${text}|`)
  }
  return lines.join('\n')
}
