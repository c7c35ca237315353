import { UsageError } from './errors.ts'

/** The kind of words that the shells offer at a place of the command line. */
export type Completion = 'path' | 'file' | 'command' | readonly string[]

/** Describes one option or one argument, and parses its text. */
export interface Spec<Value> {
  /** Letter of the option, without the hyphen. */
  readonly short?: string | undefined
  /** Name of the value in the help; undefined for a flag. */
  readonly placeholder: string | undefined
  /** A sentence for the help. */
  readonly about: string
  /** True if it must be there. */
  readonly required: boolean
  /** True if it may be given several times, or, of an argument, takes all that follow. */
  readonly repeated: boolean
  readonly completion?: Completion | undefined
  /** @throws UsageError that says what the text must be. */
  parse(text: string): unknown
  /** Value where it is absent. */
  readonly absent: Value
}

/** Specs by name. */
export type Specs = Readonly<Record<string, Spec<unknown>>>

/** The values that the specs parse. */
export type Values<Of extends Specs> = {
  [Name in keyof Of]: Of[Name] extends Spec<infer Value> ? Value : never
}

/** Groups of commands, in the order of the help. */
export const GROUPS = {
  znodes: 'Znodes',
  trees: 'Trees',
  watches: 'Watches',
  scripts: 'For scripts',
  ensemble: 'The ensemble',
  wire: 'The wire',
  quotas: 'Quotas',
  session: 'The session and the shell',
} as const

/** An example of the help: a command line, and what it does. */
export type Example = readonly [line: string, about: string]

/** The description of a command: what it is called and what it takes. */
export interface CommandInfo {
  readonly name: string
  readonly group: keyof typeof GROUPS
  readonly summary: string
  /** More for the help and the page: paragraphs. */
  readonly details: readonly string[]
  readonly args: Specs
  readonly options: Specs
  readonly examples: readonly Example[]
}

interface Extra {
  short?: string
  completion?: Completion
}

/** Describes an option without a value. */
export function flag(about: string, short?: string): Spec<boolean> {
  return {
    short,
    placeholder: undefined,
    about,
    required: false,
    repeated: false,
    parse: () => true,
    absent: false,
  }
}

/** Describes an option with a text. */
export function text(placeholder: string, about: string, extra: Extra = {}): Spec<string | undefined> {
  return {
    ...extra,
    placeholder,
    about,
    required: false,
    repeated: false,
    parse: given => given,
    absent: undefined,
  }
}

/** Describes an option with a text that may be given several times. */
export function texts(placeholder: string, about: string, extra: Extra = {}): Spec<readonly string[]> {
  return { ...extra, placeholder, about, required: false, repeated: true, parse: given => given, absent: [] }
}

/** Describes an option that is one of some words, in any case. */
export function choice<Word extends string>(
  words: readonly Word[],
  about: string,
  extra: Extra = {},
): Spec<Word | undefined> {
  const parse = (given: string): Word => {
    const word = words.find(each => each.toLowerCase() === given.toLowerCase())
    if (word === undefined) throw new UsageError(`must be one of ${words.join(', ')}, not '${given}'`)
    return word
  }
  const placeholder = words.join('|')
  return {
    completion: words,
    ...extra,
    placeholder,
    about,
    required: false,
    repeated: false,
    parse,
    absent: undefined,
  }
}

/** Describes an option whose text a function parses. */
export function parsed<Value>(
  placeholder: string,
  about: string,
  parse: (text: string) => Value,
): Spec<Value | undefined> {
  return { placeholder, about, required: false, repeated: false, parse, absent: undefined }
}

/** The bounds of a number. */
export interface Bounds {
  readonly least?: number | undefined
  readonly most?: number | undefined
}

/** The largest number of the protocol, and the milliseconds that a timer of Node takes at most. */
const MOST = 2 ** 31 - 1

/** Describes an option that is a whole number. */
export function whole(
  placeholder: string,
  about: string,
  { least, most, ...extra }: Extra & Bounds = {},
): Spec<number | undefined> {
  const parse = (given: string): number => wholeNumber(given, { least, most })
  return { ...extra, placeholder, about, required: false, repeated: false, parse, absent: undefined }
}

/** Describes an option that is a TCP port. @param least 0 where that stands for any free one. */
export function tcpPort(about: string, least: 0 | 1): Spec<number | undefined> {
  return whole('PORT', about, { least, most: 65_535 })
}

/** @throws UsageError. */
export function wholeNumber(given: string, { least = 0, most = MOST }: Bounds = {}): number {
  const value = Number(given)
  if (/^-?\d+$/.test(given) && value >= least && value <= most) return value
  const end = most === MOST ? 'on' : `to ${most}`
  const rule = value > most ? `at most ${most}` : `a whole number from ${least} ${end}`
  throw new UsageError(`must be ${rule}, not '${given}'`)
}

/** Describes an argument that is the path of a znode. A `/` at its end is left out. */
export function path(about: string): Spec<string> {
  return { ...pathSpec(about), required: true, absent: '' }
}

/** Describes a path that may be absent. */
export function optionalPath(about: string): Spec<string | undefined> {
  return { ...pathSpec(about), required: false, absent: undefined }
}

function pathSpec(about: string): Omit<Spec<string>, 'absent' | 'required'> {
  return { placeholder: 'path', about, repeated: false, completion: 'path', parse: parsePath }
}

/** Takes the `/` at the end off, which completion has added. @throws UsageError. */
function parsePath(given: string): string {
  if (!given.startsWith('/')) throw new UsageError(`must begin with '/', and does not: '${given}'`)
  return given.length > 1 && given.endsWith('/') ? given.slice(0, -1) : given
}

/** Describes an argument that must be there. */
export function argument(about: string, completion?: Completion): Spec<string> {
  return {
    placeholder: '',
    about,
    required: true,
    repeated: false,
    completion,
    parse: given => given,
    absent: '',
  }
}

/** Describes an argument that may be absent. */
export function optionalArgument(about: string, completion?: Completion): Spec<string | undefined> {
  return { ...argument(about, completion), required: false, absent: undefined }
}

/** Describes the arguments that follow, as they are: at least one. */
export function rest(about: string, completion?: Completion): Spec<readonly string[]> {
  return { ...argument(about, completion), repeated: true, absent: [] }
}

/** Turns the key of an option into its name on the command line: `sessionTimeout` into `session-timeout`. */
export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
