import { readFile } from 'node:fs/promises'
import type { Console, ConsoleOptions, ListenOptions } from '@zookit/console'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, tcpPort, text, texts } from '../../program/definition.ts'
import { CommandError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { howToSet, variable } from '../../target/variable.ts'
import { readSchemas, refusedSchemas } from './schemas.ts'
import { openSource, type Source } from './source.ts'

const LEAST_TOKEN = 16

export const consoleCommand: Command = command({
  name: 'console',
  group: 'ensemble',
  summary: 'Show the ensemble in a browser: the live tree, recipes, servers, sessions, traffic.',
  details: [
    'It prints the address to open, whose token lets nobody else in. It listens on this machine alone, and changes nothing unless --write is given. Where no ensemble is named and none runs on this machine, it shows a made-up one, in memory. It runs until Ctrl-C or SIGTERM, and ends with 0 then.',
  ],
  options: {
    port: tcpPort('the port of the page, 0 for any free one. Default 7181', 0),
    host: text(
      'ADDRESS',
      'the address to listen on. Default 127.0.0.1. Another one needs --serve-cert, or --insecure',
    ),
    write: flag('let the page change the tree. Each write is a line on standard error'),
    demo: flag('show a made-up ensemble, in memory, with living recipes'),
    sniff: tcpPort(
      'also listen for clients, and show what passes to the first server. 0 for any free port',
      0,
    ),
    schemas: text('FILE', 'a module whose default export has Standard Schema validators by path', {
      completion: 'file',
    }),
    serveCert: text('FILE', 'the certificate to serve the page with', { completion: 'file' }),
    serveKey: text('FILE', 'the private key of that certificate', { completion: 'file' }),
    insecure: flag('listen elsewhere in clear text, where others can read the token'),
    allowHost: texts('NAME', 'a host name under which the page is opened, as behind a proxy'),
    tokenEnv: text('NAME', 'the environment variable with the token of the address. Default a random one'),
  },
  examples: [
    ['zookit console', 'the ensemble of this machine, or a made-up one'],
    ['zookit --hosts zk1,zk2,zk3 console --write', 'with edits'],
    ['zookit --hosts zk1 console --schemas ./schemas.mjs', 'and whether configuration fits its schemas'],
    ['zookit console --sniff 2182', 'and the frames of clients that connect to port 2182'],
  ],
  async run(context, _args, options) {
    const { write, sniff, demo } = options
    const listenAt = await listenOptions(options)
    const token = tokenOf(options.tokenEnv, context)
    const schemas = options.schemas === undefined ? {} : await readSchemas(options.schemas)
    await using source = await openSource(context, { demo, sniff })
    const settings: ConsoleOptions = {
      hosts: source.hosts,
      name: source.name,
      words: source.words,
      write,
      demo: source.isDemo,
      traffic: source.traffic !== null,
      schemas: { ...source.schemas, ...schemas },
      allowedHosts: options.allowHost,
      log: line => context.note(line),
      ...(token !== undefined && { token }),
    }
    await using console = await consoleOf(source, settings, options.schemas)
    const listening = await console.listen(listenAt).catch((error: unknown) => {
      throw refusal(error, listenAt)
    })
    await source.begin(frame => console.recordFrame(frame))
    const { url } = listening
    const facts = { url, hosts: source.hosts, demo: source.isDemo, write, sniff: source.traffic }
    context.out.result(facts, () =>
      [
        source.isDemo ? 'A made-up ensemble, in memory:' : `${source.name}:`,
        `  ${url}`,
        ...(source.traffic === null ? [] : [`Clients of ${source.traffic} are shown.`]),
        'Ctrl-C ends it.',
      ].join('\n'),
    )
    await endOf(context.signal)
    return ExitCode.done
  },
})

async function consoleOf(
  { zk }: Source,
  settings: ConsoleOptions,
  schemas: string | undefined,
): Promise<Console> {
  const { Console } = await import('@zookit/console')
  try {
    return new Console(zk, settings)
  } catch (error) {
    throw schemas === undefined ? error : refusedSchemas(schemas, error)
  }
}

interface ListenArguments {
  readonly port: number | undefined
  readonly host: string | undefined
  readonly serveCert: string | undefined
  readonly serveKey: string | undefined
  readonly insecure: boolean
}

const DEFAULT_PORT = 7181

async function listenOptions({
  port = DEFAULT_PORT,
  host = '127.0.0.1',
  serveCert,
  serveKey,
  insecure,
}: ListenArguments): Promise<ListenOptions> {
  if ((serveCert === undefined) !== (serveKey === undefined))
    throw new UsageError('--serve-cert and --serve-key belong together', 'Give both.')
  if (serveCert === undefined || serveKey === undefined) return { port, host, insecure }
  try {
    return { port, host, insecure, tls: { cert: await readFile(serveCert), key: await readFile(serveKey) } }
  } catch (error) {
    throw new UsageError(`the certificate cannot be read: ${(error as Error).message}`)
  }
}

/** Reads the token from an environment variable. Its value is shown in the address alone. */
function tokenOf(name: string | undefined, { io }: Context): string | undefined {
  if (name === undefined) return undefined
  const value = io.env[name]
  if (value !== undefined && value.length >= LEAST_TOKEN) return value
  const fault = value === undefined ? 'is not set' : `has fewer than ${LEAST_TOKEN} characters`
  throw new UsageError(`--token-env: ${variable(name)} ${fault}`, howToSet(name, '$(openssl rand -hex 24)'))
}

function refusal(error: unknown, { host, port }: ListenOptions): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'BAD_ARGUMENTS')
    return new UsageError(
      `--host ${host}: others could read the token and all data on the way`,
      'Give --serve-cert and --serve-key, or --insecure if that is meant.',
    )
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error
  const message = `cannot listen on ${host}:${port} (${code})`
  return new CommandError(message, ExitCode.failed, 'Take another port with --port, or 0 for any free one.')
}

function endOf(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
