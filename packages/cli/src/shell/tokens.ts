/** A word of a line. */
export interface Token {
  /** The word without its quotes. */
  readonly text: string
  /** Offset in the line. */
  readonly start: number
  /** The quote that is not closed, or an empty text. */
  readonly open: string
}

/**
 * Splits a line into words as a shell does: blanks separate them, quotes of both kinds keep them together, and a backslash
 * takes the character behind it as it is, within single quotes only itself.
 */
export function tokenize(line: string): Token[] {
  const tokens: Token[] = []
  let [text, start, open]: [string, number, string] = ['', -1, '']
  const end = (): void => {
    if (start >= 0) tokens.push({ text, start, open })
    ;[text, start] = ['', -1]
  }
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (open === '' && /\s/.test(char)) {
      end()
      continue
    }
    if (start < 0) start = i
    if (char === open) open = ''
    else if (open === '' && (char === '"' || char === "'")) open = char
    else if (char === '\\' && open !== "'" && i + 1 < line.length) text += line[++i]
    else text += char
  }
  end()
  return tokens
}

/** Quotes a word so that `tokenize` reads it as one. */
export function quote(word: string): string {
  return /^[^\s"'\\]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
