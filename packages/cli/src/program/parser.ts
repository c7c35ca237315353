import { Argument, Command as Commander, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { Command } from './definition.ts'
import { isUsageError, UsageError } from './errors.ts'
import { ExitCode, type ExitName, exitMeanings } from './exit-codes.ts'
import { type GlobalOptions, globalOptions } from './global-options.ts'
import type { Parsed } from './parsed.ts'
import { type CommandInfo, type Example, GROUPS, kebab, type Spec, type Specs } from './specs.ts'
import { versionLine } from './version.ts'
import { commandIndex, zkCliNames } from './words.ts'

const ABOUT = `ZooKeeper on the command line. Without a command it is a shell.

Every command of zkCli.sh has the same name and flags here.`

const EXAMPLES: readonly Example[] = [
  ['zookit ls /', 'one command, on the server of this machine'],
  ['zookit --hosts zk1:2181,zk2:2181 status', 'other servers; ZOOKIT_HOSTS names them for all commands'],
  ['zookit --hosts zk1:2181', 'a shell'],
  ['zookit < commands.txt', 'a script: it ends at the first command that fails, with its exit code'],
]

/** Parses a command line. @throws UsageError. */
export function parse(words: readonly string[], commands: readonly Command[]): Parsed {
  let parsed: Parsed | undefined
  let printed = ''
  const print = (text: string): void => void (printed += text)
  const root = program(print)
  if (commands.length === 0) root.action(() => void (parsed = { kind: 'shell', globals: globalsOf(root) }))
  for (const command of commands) {
    const child = commander(command, print)
    child.action((...values: unknown[]) => {
      const args = named(command.args, values)
      const globals = globalsOf(root, child)
      parsed = { kind: 'command', command, args, options: optionsOf(command.options, child), globals }
    })
    root.addCommand(child.helpGroup(`${GROUPS[command.group]}:`))
  }
  const at = commandIndex(words)
  const meant = commands.find(({ name }) => name === words[at])
  try {
    root.parse(zkCliNames(words, at, meant?.options ?? {}), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'printed', text: printed }
    throw usageError(error, printed, { words, meant })
  }
  return parsed!
}

/** Returns the help of a command. */
export function helpOf(command: CommandInfo): string {
  let printed = ''
  const print = (text: string): void => void (printed += text)
  const child = commander(command, print)
  program(print).addCommand(child)
  child.outputHelp()
  return printed
}

function program(print: (text: string) => void): Commander {
  const root = base('zookit', print).description(ABOUT).usage('[options] [command]')
  // Options of the program stand before the command, so that -r after a command is that command's.
  root.enablePositionalOptions().helpCommand(false)
  addOptions(root, globalOptions, false)
  root.version(versionLine(), '--version', 'print the version of this program')
  return root.addHelpText('after', `\n${examplesHelp(EXAMPLES)}\n${exitCodesHelp()}`)
}

function exitCodesHelp(): string {
  const lines = Object.entries(exitMeanings).map(
    ([name, text]) => `  ${String(ExitCode[name as ExitName]).padStart(3)}  ${text}`,
  )
  return `\nExit codes:\n${lines.join('\n')}`
}

/** Makes the parser of one command. Its help shows its own options, examples and a line about the others. */
function commander(command: CommandInfo, print: (text: string) => void): Commander {
  const child = base(command.name, print)
    .summary(command.summary)
    .description([command.summary, ...command.details].join('\n\n'))
  for (const [name, spec] of Object.entries(command.args)) {
    const dots = spec.repeated ? '...' : ''
    const shape = spec.required ? `<${kebab(name)}${dots}>` : `[${kebab(name)}${dots}]`
    child.addArgument(new Argument(shape, spec.about).argParser(parserOf(spec)))
  }
  addOptions(child, command.options, false)
  const taken = new Set(Object.keys(command.options))
  addOptions(
    child,
    Object.fromEntries(Object.entries(globalOptions).filter(([name]) => !taken.has(name))),
    true,
  )
  return child.addHelpText('after', afterHelp(command))
}

function base(name: string, print: (text: string) => void): Commander {
  return new Commander(name)
    .helpOption('-h, --help', 'print this text')
    .configureOutput({ writeOut: print, writeErr: print, outputError: print })
    .exitOverride()
}

function examplesHelp(examples: readonly Example[]): string {
  return ['Examples:', ...examples.map(([line, about]) => `  ${line}\n      ${about}`)].join('\n')
}

function afterHelp({ examples }: CommandInfo): string {
  return `\n${examplesHelp(examples)}\n\nOptions of every command (--hosts, --json, ...): zookit --help`
}

function addOptions(commander: Commander, specs: Specs, hidden: boolean): void {
  for (const [name, spec] of Object.entries(specs)) commander.addOption(optionOf(name, spec).hideHelp(hidden))
}

/** Makes the option of a spec. */
function optionOf(name: string, spec: Spec<unknown>): Option {
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  const value = spec.placeholder === undefined ? '' : ` <${spec.placeholder}>`
  const option = new Option(`${short}--${kebab(name)}${value}`, spec.about)
  return spec.placeholder === undefined ? option : option.argParser(parserOf(spec))
}

/** Parses with the spec's function, and collects where a value may be repeated. */
function parserOf(spec: Spec<unknown>): (given: string, before: unknown) => unknown {
  return (given, before) => {
    try {
      const value = spec.parse(given)
      return spec.repeated ? [...((before as unknown[] | undefined) ?? []), value] : value
    } catch (error) {
      throw isUsageError(error) ? new InvalidArgumentError(error.message) : error
    }
  }
}

function named(specs: Specs, values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec], i) => [name, values[i] ?? spec.absent]))
}

function optionsOf(specs: Specs, ...commanders: readonly Commander[]): Record<string, unknown> {
  const given: Record<string, unknown> = Object.assign({}, ...commanders.map(each => each.opts()))
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, given[name] ?? spec.absent]))
}

function globalsOf(...commanders: readonly Commander[]): GlobalOptions {
  return optionsOf(globalOptions, ...commanders) as unknown as GlobalOptions
}

interface Line {
  readonly words: readonly string[]
  /** The command that the line names, if there is one. */
  readonly meant: CommandInfo | undefined
}

/** Makes the error of a mistake, with the correction that the parser offers, or with the help to read. */
function usageError(error: CommanderError, printed: string, line: Line): UsageError {
  const [message = '', ...more] = withoutValue((printed || error.message).replace(/^error: /, ''))
    .trim()
    .split('\n')
  const name = line.meant?.name
  const help = ['zookit', ...(name === undefined ? [] : [name]), '--help'].join(' ')
  return new UsageError(message, formerName(error, line) ?? (more.join(' ').trim() || `See \`${help}\`.`))
}

/** Commands that zkCli.sh had before 3.5, and what they are called now. */
const FORMER: Readonly<Record<string, string>> = { ls2: 'ls -s', rmr: 'deleteall' }

/** Advice for what was right before zkCli.sh 3.5: `delete PATH VERSION`, `get PATH watch`, `rmr PATH`. */
function formerName({ code }: CommanderError, { words, meant }: Line): string | undefined {
  if (code === 'commander.unknownCommand') {
    const now = FORMER[words[commandIndex(words)] ?? '']
    return now && `It is \`zookit ${now}\` now.`
  }
  if (code !== 'commander.excessArguments' || meant === undefined) return undefined
  const last = words.at(-1)!
  const { version, watch } = meant.options
  if (version?.short !== undefined && /^-?\d+$/.test(last))
    return `A version stands behind -${version.short}: \`-${version.short} ${last}\`.`
  return watch?.short === undefined
    ? undefined
    : `A watch is set with -${watch.short}, before or after the path.`
}

/** Hides the value in front of which an unknown option stands: an option that is misspelt may have a secret behind it. */
function withoutValue(message: string): string {
  return message.replace(/^(unknown option '(?:--[^=]*=|-[^-])).+'/s, "$1...'")
}
