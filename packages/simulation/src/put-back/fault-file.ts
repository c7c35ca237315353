import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One replacement of source text. */
export interface Edit {
  /** The file's path in the repository. */
  readonly file: string
  /** The text as it is, which the file has once. */
  readonly now: string
  /** The text with the fault. */
  readonly before: string
}

/** A fault that was mended, and how the source has it back. */
export interface MendedFault {
  /** The name of its file. */
  readonly name: string
  /** The first heading: a sentence of what was wrong. */
  readonly title: string
  /** The commit that mended it. */
  readonly commit: string
  readonly edits: readonly Edit[]
}

/** The folder of the faults. */
const FOLDER = fileURLToPath(new URL('../../put-back/', import.meta.url))

const EDIT = /^In `([^`]+)`:\n\n```ts\n([\s\S]*?)^```\n\nbecomes(?: nothing\.|:\n\n```ts\n([\s\S]*?)^```)/gm

/**
 * Reads every fault of the folder `put-back`.
 *
 * @throws Error for a file that does not say what is to be replaced.
 */
export function readFaults(): readonly MendedFault[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  return files
    .filter(file => file.endsWith('.md') && basename(file) !== 'README.md')
    .sort()
    .map(file => parseFault(basename(file, '.md'), readFileSync(join(FOLDER, file), 'utf8')))
}

/** Reads the text of one fault. */
export function parseFault(name: string, text: string): MendedFault {
  const title = /^# (.+)$/m.exec(text)?.[1]
  const commit = /^Mended by ([0-9a-f]{7,40})\.$/m.exec(text)?.[1]
  const edits = [...text.matchAll(EDIT)].map(([, file, now, before]) => ({
    file: file!,
    now: now!,
    before: before ?? '',
  }))
  if (title === undefined || commit === undefined || edits.length === 0)
    throw new Error(`${name}: a title, "Mended by COMMIT." and "In \`FILE\`:" with two blocks are wanted`)
  return { name, title, commit, edits }
}

/**
 * Puts a fault back into the text of a file.
 *
 * @throws Error when the file does not have the edit's text exactly once.
 */
export function putBack(text: string, { file, now, before }: Edit): string {
  const parts = text.split(now)
  if (parts.length !== 2)
    throw new Error(`${file} has this text ${parts.length - 1} times, not once:\n${now}`)
  return parts.join(before)
}
