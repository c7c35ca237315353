#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { type ServerVersion, TestServer } from './index.ts'

const USAGE = `Usage: zookit-testing [options]

Runs an in-memory ZooKeeper server for development. Nothing is kept on disk: all data is lost when it ends.

  --port <number>       port to listen on (default 2181; 0 for any free port)
  --host <address>      address to listen on (default 127.0.0.1: only this machine can connect)
  --release <version>   ZooKeeper release whose behaviour it has, such as 3.8 or 3.9.2 (default 3.9)
  --tick-time <ms>      tick; sessions expire at multiples of it (default 2000)
  --container-check-interval <ms>
                        time between two searches for containers and TTL znodes to delete (default 60000)
  --quiet               do not print a line for each request
  --help                print this text
`

/** A mistake in the arguments. The user sees its message without a stack. */
class UsageError extends Error {}

interface Arguments {
  readonly port: number
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
      host: { type: 'string', default: '127.0.0.1' },
      release: { type: 'string', default: '3.9' },
      'tick-time': { type: 'string', default: '2000' },
      'container-check-interval': { type: 'string', default: '60000' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    port: numberOf('port', values.port, 0, 65_535),
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

async function run(): Promise<void> {
  const { port, host, release, tickTime, containerCheckInterval, quiet, help } = readArguments()
  if (help) {
    process.stdout.write(USAGE)
    return
  }
  const server = await TestServer.start({
    port,
    host,
    tickTime,
    containerCheckInterval,
    version: release as ServerVersion,
    maxSessionTimeout: tickTime * 20,
    recordRequests: false,
    log: line => print(line),
    logRequests: !quiet,
  })
  print(`ZooKeeper ${release} on ${server.hosts}, in memory: nothing is kept on disk. Ctrl-C ends it.`)
  const end = (): void => void server.stop()
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
