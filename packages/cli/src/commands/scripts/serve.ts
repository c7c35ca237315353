import { counted } from '@zookit/client'
import type { ServerVersion, TestEnsemble, TestServer } from '@zookit/testing'
import { type Command, command, flag, tcpPort, text, whole } from '../../program/definition.ts'
import { CommandError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'

const DAY = 86_400_000

export const serve: Command = command({
  name: 'serve',
  group: 'scripts',
  summary: 'Run a ZooKeeper server in memory, for development and tests. Nothing is kept on disk.',
  details: ['It runs until Ctrl-C or SIGTERM, and ends with 0 then.'],
  options: {
    port: tcpPort('the port to listen on, 0 for any free one. Default 2181', 0),
    host: text('ADDRESS', 'the address to listen on. Default 127.0.0.1: only this machine can connect'),
    voters: whole('COUNT', 'members of an ensemble, each on the next port. Default one server alone', {
      least: 1,
      most: 100,
    }),
    release: text('VERSION', 'the release whose behaviour it has, such as 3.8. Default 3.9'),
    tickTime: whole('MS', 'its tick: sessions expire at multiples of it. Default 2000', {
      least: 1,
      most: DAY,
    }),
    log: flag('print a line for each request'),
  },
  examples: [
    ['zookit serve', 'on 127.0.0.1:2181, until Ctrl-C'],
    ['zookit serve --voters 3 --port 2181', 'an ensemble on 2181, 2182 and 2183'],
  ],
  async run(
    context,
    _args,
    { port = 2181, host = '127.0.0.1', voters, release = '3.9', tickTime = 2000, log },
  ) {
    if (voters !== undefined && port + voters > 65_536)
      throw new UsageError(
        `--port ${port} leaves not enough ports for ${counted(voters, 'member')}: the largest is 65535`,
        'Name a lower one, or 0 for any free ones.',
      )
    const options = {
      host,
      tickTime,
      version: release as ServerVersion,
      maxSessionTimeout: tickTime * 20,
      recordRequests: false,
      logRequests: log,
      log: (line: string) => void (log && context.out.result({ log: line }, () => line)),
    }
    const ports = Array.from({ length: voters ?? 1 }, (_, i) => (port === 0 ? 0 : port + i))
    const { TestEnsemble, TestServer } = await import('@zookit/testing')
    const start = (): Promise<TestServer | TestEnsemble> =>
      voters === undefined
        ? TestServer.start({ ...options, port })
        : TestEnsemble.start({ ...options, size: voters, ports })
    await using servers = await start().catch((error: unknown) => {
      throw refusal(error, host, port)
    })
    const { hosts } = servers
    context.out.result(
      { hosts, release },
      () => `ZooKeeper ${release} on ${hosts}, in memory. Ctrl-C ends it.`,
    )
    await endOf(context.signal)
    return ExitCode.done
  },
})

function endOf(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function refusal(error: unknown, host: string, port: number): unknown {
  if (error instanceof RangeError) return new UsageError(`--release: ${error.message}`)
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error
  const message = `cannot listen on ${host}:${port} (${code})`
  return new CommandError(message, ExitCode.failed, 'Take another port with --port, or 0 for any free one.')
}
