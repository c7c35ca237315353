import type { Command } from './definition.ts'
import type { GlobalOptions } from './global-options.ts'

/** A command with its values. */
export interface ParsedCommand {
  readonly kind: 'command'
  readonly command: Command
  readonly args: unknown
  readonly options: unknown
  readonly globals: GlobalOptions
}

/** A command line, parsed. */
export type Parsed =
  | ParsedCommand
  /** A line without a command: it starts the shell. */
  | { readonly kind: 'shell'; readonly globals: GlobalOptions }
  /** Help was asked for. */
  | { readonly kind: 'printed'; readonly text: string }
