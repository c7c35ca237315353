#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { type ServerVersion, TestEnsemble, TestServer } from './index.ts'

const USAGE = `Usage: zookit-testing [options]

Runs an in-memory ZooKeeper server for development. Nothing is kept on disk: all data is lost when it ends.

  --port <number>       port to listen on (default 2181; 0 for any free port)
  --voters <number>     members of an ensemble that vote; each listens on the next port (default: one server alone)
  --observers <number>  members of the ensemble that do not vote, on the ports after those of the voters (default 0)
  --host <address>      address to listen on (default 127.0.0.1: only this machine can connect)
  --release <version>   ZooKeeper release whose behaviour it has, such as 3.8 or 3.9.2 (default 3.9)
  --tick-time <ms>      tick; sessions expire at multiples of it (default 2000)
  --container-check-interval <ms>
                        time between two searches for containers and TTL znodes to delete (default 60000)
  --quiet               do not print a line for each request
  --help                print this text
`

const MAX_MEMBERS = 100

/** A mistake in the arguments. The user sees its message without a stack. */
class UsageError extends Error {}

interface Arguments {
  readonly port: number
  /** The number of voters; 0 for one server that stands alone. */
  readonly voters: number
  readonly observers: number
  readonly host: string
  readonly release: string
  readonly tickTime: number
  readonly containerCheckInterval: number
  readonly quiet: boolean
  readonly help: boolean
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not '${text}'`)
  }
  return value
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '2181' },
      voters: { type: 'string' },
      observers: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      release: { type: 'string', default: '3.9' },
      'tick-time': { type: 'string', default: '2000' },
      'container-check-interval': { type: 'string', default: '60000' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const observers = numberOf('observers', values.observers, 0, MAX_MEMBERS)
  const voters = values.voters === undefined ? 0 : numberOf('voters', values.voters, 1, MAX_MEMBERS)
  if (observers > 0 && voters === 0)
    throw new UsageError('--observers belong to an ensemble: give --voters, too')
  const port = numberOf('port', values.port, 0, 65_535)
  if (port + voters + observers > 65_536) {
    throw new UsageError(`--port ${port} leaves no port for some of ${voters + observers} members`)
  }
  return {
    port,
    voters,
    observers,
    host: values.host,
    release: values.release,
    tickTime: numberOf('tick-time', values['tick-time'], 1, 3_600_000),
    containerCheckInterval: numberOf(
      'container-check-interval',
      values['container-check-interval'],
      1,
      86_400_000,
    ),
    quiet: values.quiet,
    help: values.help,
  }
}

function isUsageError(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof RangeError) return true
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

type Options = Parameters<typeof TestServer.start>[0]

/** Starts a server that stands alone, or an ensemble. */
function startServers(
  { port, voters, observers }: Arguments,
  options: Options,
): Promise<TestServer | TestEnsemble> {
  if (voters === 0) return TestServer.start({ ...options, port })
  const ports = Array.from({ length: voters + observers }, (_, i) => (port === 0 ? 0 : port + i))
  return TestEnsemble.start({ ...options, size: voters, observers, ports })
}

async function run(): Promise<void> {
  const given = readArguments()
  const { host, release, tickTime, containerCheckInterval, quiet, help } = given
  if (help) {
    process.stdout.write(USAGE)
    return
  }
  const servers = await startServers(given, {
    host,
    tickTime,
    containerCheckInterval,
    version: release as ServerVersion,
    maxSessionTimeout: tickTime * 20,
    recordRequests: false,
    log: line => print(line),
    logRequests: !quiet,
  })
  print(`ZooKeeper ${release} on ${servers.hosts}, in memory: nothing is kept on disk. Ctrl-C ends it.`)
  const end = (): void => void servers.stop()
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
}

try {
  await run()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`zookit-testing: ${message}\n`)
  process.exitCode = isUsageError(error) ? 2 : 1
}
