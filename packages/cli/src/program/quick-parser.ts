import type { Command } from './definition.ts'
import { isUsageError } from './errors.ts'
import { type GlobalOptions, globalOptions } from './global-options.ts'
import type { ParsedCommand } from './parsed.ts'
import { kebab, type Spec, type Specs } from './specs.ts'
import { commandIndex, zkCliNames } from './words.ts'

type Given = Record<string, unknown>

/** Thrown inside this file at whatever is not plain. */
const NOT_PLAIN = Symbol('a line that is not plain')

/**
 * Parses a plain command line: options with their whole names, their values in words of their own, all that must be there.
 * The parser of all lines takes 10 ms of a process to load and to run, a tenth of a whole `zookit get`.
 *
 * @returns what the parser of all lines returns; null for a line that is not plain, has a mistake or wants help, which is
 *   that parser's.
 */
export function parsePlain(words: readonly string[], command: Command): ParsedCommand | null {
  try {
    return parsePlainWords(words, command)
  } catch (error) {
    if (error === NOT_PLAIN || isUsageError(error)) return null
    throw error
  }
}

function parsePlainWords(words: readonly string[], command: Command): ParsedCommand {
  const line = zkCliNames(words, commandIndex(words), command.options)
  const name = commandIndex(line)
  const before = take(line.slice(0, name), globalOptions)
  if (line[name] !== command.name || before.positional.length > 0) throw NOT_PLAIN
  const after = take(line.slice(name + 1), { ...globalOptions, ...command.options })
  return {
    kind: 'command',
    command,
    args: argumentsOf(command.args, after.positional),
    options: valuesOf(command.options, after.given),
    globals: valuesOf(globalOptions, { ...before.given, ...after.given }) as unknown as GlobalOptions,
  }
}

/** Takes the options out of words. */
function take(words: readonly string[], specs: Specs): { given: Given; positional: string[] } {
  const names = new Map<string, string>()
  for (const [key, { short }] of Object.entries(specs)) {
    names.set(`--${kebab(key)}`, key)
    if (short !== undefined) names.set(`-${short}`, key)
  }
  const given: Given = {}
  const positional: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (!word.startsWith('-')) {
      positional.push(word)
      continue
    }
    const key = names.get(word)
    if (key === undefined) throw NOT_PLAIN
    const spec = specs[key]!
    given[key] = spec.placeholder === undefined ? true : collect(spec, plainValue(words[++i]), given[key])
  }
  return { given, positional }
}

function plainValue(word: string | undefined): string {
  if (word === undefined || word.startsWith('-')) throw NOT_PLAIN
  return word
}

function argumentsOf(specs: Specs, words: string[]): Given {
  const given: Given = {}
  for (const [name, spec] of Object.entries(specs)) {
    if (words.length === 0) {
      if (spec.required) throw NOT_PLAIN
      continue
    }
    do given[name] = collect(spec, words.shift()!, given[name])
    while (spec.repeated && words.length > 0)
  }
  if (words.length > 0) throw NOT_PLAIN
  return valuesOf(specs, given)
}

/** Parses a text. @returns its value; where it may be repeated, that behind the ones before. */
function collect(spec: Spec<unknown>, text: string, before: unknown): unknown {
  const value = spec.parse(text)
  return spec.repeated ? [...((before as unknown[] | undefined) ?? []), value] : value
}

function valuesOf(specs: Specs, given: Given): Given {
  return Object.fromEntries(Object.entries(specs).map(([name, { absent }]) => [name, given[name] ?? absent]))
}
