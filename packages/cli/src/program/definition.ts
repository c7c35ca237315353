import type { Context } from './context.ts'
import type { CommandInfo, Example, GROUPS, Spec, Specs, Values } from './specs.ts'

export * from './specs.ts'

/** A command. Parser, help, completion and docs/cli.md are made from it. */
export interface Command extends CommandInfo {
  run(context: Context, args: never, options: never): Promise<number | void>
}

type NoSpecs = Record<never, Spec<unknown>>

interface Definition<Args extends Specs, Options extends Specs> {
  name: string
  group: keyof typeof GROUPS
  summary: string
  details?: readonly string[]
  args?: Args
  options?: Options
  examples: readonly [Example, ...Example[]]
  /** @returns the exit code, if it is not 0. */
  run(context: Context, args: Values<Args>, options: Values<Options>): Promise<number | void>
}

/** Defines a command. Its function gets the values that its arguments and options were parsed to. */
export function command<Args extends Specs = NoSpecs, Options extends Specs = NoSpecs>(
  definition: Definition<Args, Options>,
): Command {
  const { args = {}, options = {}, details = [] } = definition
  return { ...definition, args, options, details }
}
