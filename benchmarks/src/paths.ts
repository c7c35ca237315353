import { fileURLToPath } from 'node:url'
import type { Command } from './child.ts'

/** This package's directory. */
export const HOME: string = fileURLToPath(new URL('..', import.meta.url))

/** Where compiled programs are: those of this package, and the rivals in other languages. */
export const DIST: string = `${HOME}dist/`

/** A compiled program of this package, with plain Node: what is measured is what users run. */
export function nodeProcess(file: string, flags: readonly string[] = []): Command {
  return { file: process.execPath, args: [...flags, DIST + file] }
}
