/** Control and format characters other than line ends and tabs, separators of Unicode's own, and halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * Escapes whatever could change what a terminal shows, or hide in it: control characters, marks that turn the direction of
 * text, characters without a width. Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, char =>
    char === '\n' || char === '\t' ? char : escaped(char.codePointAt(0)!),
  )
}

function escaped(code: number): string {
  const hex = code.toString(16)
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

/** Writes a value as one line of JSON, with 64-bit integers as decimal text. No character of it can change a terminal. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, each) => (typeof each === 'bigint' ? String(each) : each))
  // JSON itself escapes the control characters below the blank only. Behind \u it stays the same text.
  return json.replaceAll(UNSAFE, char => {
    const units = Array.from({ length: char.length }, (_, i) => char.charCodeAt(i))
    return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}
