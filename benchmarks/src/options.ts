import { type Command, Option } from 'commander'
import { clients, REFERENCES } from './clients.ts'
import { choice, count, counts, number, script } from './command-line.ts'
import { type LoadNumbers, loads } from './loads.ts'
import type { TargetName } from './targets.ts'

/** The options of the command line. */
export interface Options extends LoadNumbers {
  target: TargetName[]
  hosts?: string
  load: string[]
  client: string[]
  rounds: number
  seconds: number
  warmUp: number
  json?: boolean
  save?: string
  compare?: string
  tolerance: number
  profile?: string
  check?: boolean
}

const DEFAULT_LOADS = ['getData', 'exists', 'setData']
const DEFAULT_CLIENTS = [...REFERENCES, 'zookit', 'node-zookeeper-client']
const TARGETS = ['stub', 'memory', 'real']

function list(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([name, what]) => `  ${name.padEnd(22)} ${what}`).join('\n')
}

function helpText(): string {
  const loadLines = list(Object.entries(loads).map(([name, { what }]) => [name, what] as const))
  const clientLines = list(clients.map(({ name, what }) => [name, what] as const))
  return `\nLoads:\n${loadLines}\n\nClients:\n${clientLines}\n\nEverything takes a long time: \`--load all --client all --target stub,memory,real\`.`
}

/** Makes the parser of the command line, with its help. */
export function grammar(): Command {
  return script(
    'bench',
    'Measures ZooKeeper clients beside a bare socket. A run without options takes less than two minutes and uses a stub.',
  )
    .addOption(
      new Option('--target <names>', `servers: ${TARGETS.join(', ')}`)
        .argParser(choice(TARGETS))
        .default(['stub'], 'stub'),
    )
    .option(
      '--hosts <host:port>',
      'a running server for the target real; the benchmark creates znodes below /bench',
    )
    .addOption(
      new Option('--load <names>', 'loads, or all')
        .argParser(choice(Object.keys(loads)))
        .default(DEFAULT_LOADS, DEFAULT_LOADS.join()),
    )
    .addOption(
      new Option('--client <names>', 'clients, or all; a client that cannot run is left out with the reason')
        .argParser(choice(clients.map(({ name }) => name)))
        .default(DEFAULT_CLIENTS, DEFAULT_CLIENTS.join()),
    )
    .option('--in-flight <numbers>', 'requests in flight, such as 1,64,1000', counts)
    .option('--payload <bytes>', "the size of a znode's data", number)
    .option('--children <numbers>', 'children of the znode that getChildren lists', counts)
    .option('--watched <number>', 'watches of fanOut and reconnect', count)
    .option('--rate <number>', 'requests a second of latency', count)
    .option('--rounds <number>', 'rounds of each client', count, 15)
    .option('--seconds <number>', 'length of a round, longer with many requests in flight', number, 0.05)
    .option('--warm-up <number>', 'seconds before the first round', number, 0.5)
    .option('--json', 'print the results as JSON, with all rounds')
    .option('--save <name>', 'write results/<name>-<target>.json and a chart for each load')
    .option(
      '--compare <file>',
      'print the changes beyond noise since the results in a file; exit 1 on a regression',
    )
    .option('--tolerance <percent>', 'the change that is not yet a regression', number, 10)
    .option(
      '--profile <directory>',
      'write CPU profiles of the clients in Node, and print the functions that took most',
    )
    .option(
      '--check',
      'measure the hot path in a few short rounds; exit 1 if it costs twice the usual CPU time',
    )
    .addHelpText('after', helpText())
}

/** Parses the command line. For a request for help, or an error, it prints a text and ends the process. */
export function readOptions(argv: readonly string[]): Options {
  return grammar().parse(argv).opts<Options>()
}
