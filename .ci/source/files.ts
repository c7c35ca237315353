import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** Names folders that hold no source of ours, wherever they stand. */
const FOREIGN = new Set(['node_modules', 'dist', '.git', '.pages', 'coverage'])

/** Returns the text of a file, given its path from the repository's root. */
export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Lists the repository's files whose path from the root matches, sorted. Needs no git. */
export function filesThat(match: RegExp): string[] {
  return [...walk('')].filter(file => match.test(file)).sort()
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (!entry.isDirectory()) yield path
    else if (!FOREIGN.has(entry.name)) yield* walk(path)
  }
}
