import { readFileSync } from 'node:fs'

interface Row {
  readonly name: string
  /** The client's method; null for none, the operation's own name if absent. */
  readonly method?: string | null
}

/** Reads a file, given its path from the repository's root. */
export const read = (file: string): string =>
  readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8')

const rows: readonly Row[] = JSON.parse(read('protocol-spec/operations.json'))

/** The operations of protocol-spec/operations.json that a client sends, each with its method. */
export const clientMethods: readonly { readonly name: string; readonly method: string }[] = rows.flatMap(
  ({ name, method = name }) => (method === null ? [] : [{ name, method }]),
)
