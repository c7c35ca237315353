import { fileURLToPath } from 'node:url'
import type { Command } from './child.ts'

/** The directory of this package. */
export const HOME: string = fileURLToPath(new URL('..', import.meta.url))

/** The directory of compiled programs: those of this package, and the clients in other languages. */
export const DIST: string = `${HOME}dist/`

/** Returns the command for a compiled program of this package in plain Node: users run compiled code too. */
export function nodeProcess(file: string, flags: readonly string[] = []): Command {
  return { file: process.execPath, args: [...flags, DIST + file] }
}
