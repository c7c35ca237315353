import { ExitCode, type ExitName, exitMeanings } from './exit-codes.ts'
import { globalOptions } from './global-options.ts'
import { type CommandInfo, GROUPS, kebab, type Spec, type Specs } from './specs.ts'

/** Formats the reference of all commands as Markdown, for docs/cli.md. */
export function formatPage(commands: readonly CommandInfo[]): string {
  const groups = Object.entries(GROUPS).map(([group, title]) => {
    const members = commands.filter(command => command.group === group)
    return `## ${title}\n\n${members.map(formatCommand).join('\n\n')}`
  })
  const globals = `## Options of every command\n\n${optionTable(globalOptions)}`
  return `${[globals, exitCodes(), ...groups].join('\n\n')}\n`
}

function exitCodes(): string {
  const rows = Object.entries(exitMeanings).map(
    ([name, text]) => `| ${ExitCode[name as ExitName]} | ${cell(text)} |`,
  )
  return `## Exit codes\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}`
}

function formatCommand(command: CommandInfo): string {
  const { name, summary, details, args, options, examples } = command
  const usage = [
    'zookit',
    name,
    ...(Object.keys(options).length > 0 ? ['[options]'] : []),
    ...Object.entries(args).map(shape),
  ]
  const lines = examples.map(([line, about]) => `${line}   # ${about}`)
  return [
    `### ${name}`,
    [summary, ...details].join('\n\n'),
    `\`${usage.join(' ')}\``,
    ...(Object.keys(args).length > 0 ? [argumentTable(args)] : []),
    ...(Object.keys(options).length > 0 ? [optionTable(options)] : []),
    `\`\`\`sh\n${lines.join('\n')}\n\`\`\``,
  ].join('\n\n')
}

/** Shows an argument as it stands in a usage line: `<path>`, `[data]`, `<command...>`. */
function shape([name, { required, repeated }]: [string, Spec<unknown>]): string {
  const text = `${kebab(name)}${repeated ? '...' : ''}`
  return required ? `<${text}>` : `[${text}]`
}

function argumentTable(args: Specs): string {
  const rows = Object.entries(args).map(([name, { about }]) => `| \`${kebab(name)}\` | ${cell(about)} |`)
  return `| argument | |\n|---|---|\n${rows.join('\n')}`
}

function optionTable(options: Specs): string {
  const rows = Object.entries(options).map(([name, { short, placeholder, about }]) => {
    const value = placeholder === undefined ? '' : ` ${placeholder}`
    const names = [...(short === undefined ? [] : [`-${short}`]), `--${kebab(name)}${value}`]
    return `| ${names.map(each => `\`${each.replaceAll('|', '\\|')}\``).join(', ')} | ${cell(about)} |`
  })
  return `| option | |\n|---|---|\n${rows.join('\n')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
