import { setTimeout as sleep } from 'node:timers/promises'
import { describeQuorum, type EnsembleStatus, ensembleStatus, type ServerStatus } from '@zookit/admin'
import { type Command, command, flag, whole } from '../../program/definition.ts'
import { inOurWords } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import type { Output } from '../../program/output.ts'
import { sparkline } from '../../text/sparkline.ts'
import { type Columns, fittedTable, widthOf } from '../../text/table.ts'
import { type Servers, serversOf } from './servers-of.ts'

export const status: Command = command({
  name: 'status',
  group: 'ensemble',
  summary: 'Show every server of the ensemble: mode, version, latency, load, lag, quorum, certificate.',
  details: [
    'Ends with 0 if the servers are one ensemble, each of them serves and there is a quorum, else with 1: for monitoring. Servers are asked with four-letter words: `srvr`, `mntr` and `conf` should be in their 4lw.commands.whitelist; a column that cannot be known has a `-`.',
  ],
  options: {
    watch: flag('show it again and again, with the requests per second drawn, until Ctrl-C'),
    interval: whole('MS', 'the time between two looks of --watch. Default 2000', { least: 100 }),
  },
  examples: [
    ['zookit --hosts zk1,zk2,zk3 status', 'a table'],
    ['zookit status --json || alert', 'for monitoring'],
    ['zookit status --watch', 'like top'],
  ],
  async run(context, _args, { watch, interval = 2000 }) {
    const servers = await serversOf(context)
    if (!watch) {
      const now = await look(servers)
      context.out.result(now, () => format(context.out, now, null))
      return now.healthy ? ExitCode.done : ExitCode.no
    }
    const rates = new Rates()
    for (;;) {
      const now = await look(servers)
      rates.add(now)
      // Not a part of the result, whose control characters are escaped.
      if (context.out.isTerminal) context.out.write(CLEAR)
      context.out.result(now, () => format(context.out, now, rates))
      await sleep(interval, undefined, { signal: context.signal })
    }
  },
})

/** Looks at the servers. Their errors speak of the command line's options. */
async function look({ hosts, options }: Servers): Promise<EnsembleStatus> {
  const now = await ensembleStatus(hosts, options)
  const inWords = ({ error, ...rest }: ServerStatus): ServerStatus => ({
    ...rest,
    error: error && { ...error, message: inOurWords(error.message) },
  })
  return { ...now, servers: now.servers.map(inWords) }
}

/** Moves the cursor of a terminal to the start of an empty screen. */
const CLEAR = '\u001b[H\u001b[2J'

/** Looks that the requests per second are drawn for. */
const LOOKS = 20

/** The requests per second of each server, look by look. */
class Rates {
  readonly #byServer = new Map<string, (number | null)[]>()
  #last: EnsembleStatus | undefined

  add(now: EnsembleStatus): void {
    const last = this.#last
    this.#last = now
    if (last === undefined) return
    const seconds = (Date.parse(now.at) - Date.parse(last.at)) / 1000
    for (const { server, received } of now.servers) {
      const before = last.servers.find(each => each.server === server)?.received ?? null
      const rate =
        received === null || before === null || seconds <= 0 ? null : Math.max(0, received - before) / seconds
      this.#byServer.set(server, [...(this.#byServer.get(server) ?? []), rate].slice(-LOOKS))
    }
  }

  /** Draws the newest rates of a server, with the last one as a number. */
  draw(server: string, looks: number): string {
    const rates = this.#byServer.get(server) ?? []
    const newest = rates.at(-1) ?? null
    return `${sparkline(rates, looks)} ${newest === null ? '-' : newest.toFixed(0)}/s`
  }
}

const HEAD = [
  'server',
  'mode',
  'version',
  'avg/max ms',
  'conns',
  'outst',
  'znodes',
  'watches',
  'lag',
  'cert',
  'up',
]
const ALIGNMENT = HEAD.map((_, i) => (i < 3 ? ('left' as const) : ('right' as const)))

/** The columns that a terminal has no room for are left out in this order. */
const LESS_NEEDED = ['up', 'version', 'cert', 'watches', 'znodes', 'outst', 'conns', 'avg/max ms', 'lag']

/** Formats the servers in a table whose rows have a line each, on a terminal too. */
function tableOf(out: Output, { servers }: EnsembleStatus, rates: Rates | null): string {
  const rows = servers.map(each => row(out, each))
  const width = out.isTerminal ? out.columns : Number.POSITIVE_INFINITY
  if (rates === null) return fittedTable({ head: HEAD, rows, alignment: ALIGNMENT }, width, LESS_NEEDED)
  // A shorter drawing is tried before a column is left out.
  const drawn = (looks: number): Columns => ({
    head: [...HEAD, 'requests'],
    rows: rows.map((cells, i) => [...cells, rates.draw(servers[i]!.server, looks)]),
    alignment: [...ALIGNMENT, 'left'],
  })
  const whole = fittedTable(drawn(LOOKS), width, [])
  return widthOf(whole) <= width ? whole : fittedTable(drawn(LOOKS / 2), width, LESS_NEEDED)
}

function format(out: Output, now: EnsembleStatus, rates: Rates | null): string {
  const table = tableOf(out, now, rates)
  const faults = now.servers.filter(({ error }) => error !== null).map(({ error }) => error!.message)
  return [
    table,
    '',
    summary(out, now),
    ...aliases(now),
    ...faults.map(fault => out.style('red', fault)),
  ].join('\n')
}

/** Tells of servers that were named more than once. */
function aliases({ servers }: EnsembleStatus): string[] {
  return servers
    .filter(each => each.aliases.length > 0)
    .map(each => `${[each.server, ...each.aliases].join(' and ')} reach the same server, which counts once`)
}

function row(out: Output, each: ServerStatus): string[] {
  const { server, state, mode, version, latency, connections, outstanding } = each
  const shown = state === 'serving' ? (mode ?? '?') : state
  return [
    server,
    out.style(state === 'serving' ? 'green' : 'red', shown),
    version ?? '-',
    latency === null ? '-' : `${rounded(latency.avg)}/${rounded(latency.max)}`,
    ...[connections, outstanding, each.znodes, each.watches, each.zxidLag].map(value => String(value ?? '-')),
    each.certificate === null ? '-' : `${each.certificate.daysLeft} d`,
    each.uptime === null ? '-' : duration(each.uptime),
  ]
}

/** Formats milliseconds with at most one decimal: an average of Apache's has four. */
function rounded(milliseconds: number | null): string {
  return milliseconds === null ? '-' : String(Math.round(10 * milliseconds) / 10)
}

function summary(out: Output, { healthy, divided, quorum, leader, zxid }: EnsembleStatus): string {
  const health = healthy ? out.style('green', 'healthy') : out.style('red', 'not healthy')
  if (divided !== null) return `${health}: ${divided}`
  return `${health}: ${describeQuorum(quorum)}; leader ${leader ?? 'none'}; zxid ${zxid ?? 'unknown'}`
}

function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}
