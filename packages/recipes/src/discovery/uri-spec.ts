import { badArgument } from '../core/errors.ts'

/** A part of an address pattern, as Curator stores it. */
export interface UriPart {
  readonly value: string
  readonly variable: boolean
}

const OPEN = '['
const CLOSE = ']'

/**
 * Parses a pattern such as `{scheme}://{address}:{port}`. `{[}` and `{]}` stand for braces.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS: the braces do not match.
 */
export function parseUriSpec(pattern: string): UriPart[] {
  const parts: UriPart[] = []
  let variable = false
  for (const token of pattern.match(/[{}]|[^{}]+/g) ?? []) {
    if (token === '{' || token === '}') {
      if (variable === (token === '{')) throw badArgument(`the braces of ${pattern} are not balanced`)
      variable = !variable
    } else {
      parts.push({ value: variable ? token.trim() : token, variable })
    }
  }
  if (variable) throw badArgument(`the braces of ${pattern} are not balanced`)
  return parts
}

/** Returns the pattern of these parts. */
export function formatUriSpec(parts: readonly UriPart[]): string {
  return parts.map(({ value, variable }) => (variable ? `{${value}}` : escapeBraces(value))).join('')
}

/** Replaces the variables of a pattern. Unknown ones are left out. */
export function fillUriSpec(pattern: string, variables: ReadonlyMap<string, unknown>): string {
  const all = new Map<string, unknown>([[OPEN, '{'], [CLOSE, '}'], ...variables])
  return parseUriSpec(pattern)
    .map(({ value, variable }) => (variable ? String(all.get(value) ?? '') : value))
    .join('')
}

function escapeBraces(text: string): string {
  return text.replace(/[{}]/g, brace => (brace === '{' ? `{${OPEN}}` : `{${CLOSE}}`))
}
