import { Readable } from 'node:stream'
import { badArgument, checkCount, checkOptions, refuseSurplus, resolveCall } from '../options.ts'
import type {
  Configuration,
  DirectorySizes,
  Monitor,
  PathSessions,
  ServerSummary,
  SessionPaths,
  TreeDigest,
  WatchSummary,
} from '../words/answers.ts'
import { monitorOf } from '../words/server-answers.ts'
import type {
  Connections,
  LastSnapshot,
  Leadership,
  Observer,
  ServerStats,
  SessionDump,
  SnapshotInfo,
  SnapshotStream,
  Voter,
  ZabState,
} from './answers.ts'
import { type Call, CommandSender, type Parameters } from './commands.ts'
import {
  entriesOf,
  toConfiguration,
  toConnections,
  toDigests,
  toDump,
  toLastSnapshot,
  toLeadership,
  toObservers,
  toPathSessions,
  toSessionPaths,
  toSummary,
  toVoters,
  toZabState,
} from './convert.ts'
import { ADMIN_OPTIONS, type AdminServerOptions, headersOf, readUrl } from './endpoint.ts'
import type { JsonObject } from './json.ts'
import { snapshotInfo, snapshotStream } from './snapshot.ts'

/** The pause of a transfer after which it is given up, and the time that a server may take to write a snapshot. */
const TRANSFER_TIMEOUT = 60_000

/**
 * The AdminServer of one ZooKeeper server, over HTTP. Every method is a command, and rejects with an AdminError:
 * NOT_SERVING from a server without a quorum, UNKNOWN_COMMAND from an older one, CONNECT_FAILED, TIMEOUT and the like.
 */
export class AdminServer {
  /** The url of the commands. */
  readonly url: string
  readonly #sender: CommandSender
  readonly #transferTimeout: number

  /**
   * @param url such as `http://127.0.0.1:8080`; the path is that of the commands, by default `/commands`.
   * @throws AdminError BAD_ARGUMENTS or INSECURE_AUTH.
   */
  constructor(url: string | URL, options: AdminServerOptions = {}) {
    checkCount('AdminServer', arguments.length, 2)
    checkOptions('AdminServer', options, ADMIN_OPTIONS)
    const parsed = readUrl(url)
    const { tls = null, timeout } = options
    const bounds = resolveCall('AdminServer', options)
    this.url = parsed.href
    this.#sender = new CommandSender(parsed, headersOf(parsed, options), tls, bounds)
    this.#transferTimeout = timeout ?? TRANSFER_TIMEOUT
  }

  /** Asks for the names of the commands that the server has. */
  async commands(): Promise<string[]> {
    const page = await this.#sender.page()
    const names = [...page.matchAll(/<a href="[^"]{0,200}">([a-z_]{1,100})<\/a>/g)].map(([, name]) => name!)
    if (names.length === 0) throw this.#sender.malformed('', page)
    return names
  }

  /** Runs any command, and resolves with its answer as the server gives it. */
  run(command: string, parameters: Parameters = {}): Promise<JsonObject> {
    return this.#ask({ command, parameters })
  }

  /** Asks if the server runs and serves clients. @returns true. */
  async ruok(): Promise<true> {
    await this.#ask({ command: 'ruok' })
    return true
  }

  /** Asks for the state of the server in short. */
  serverStats(): Promise<ServerSummary> {
    return this.#converted('server_stats', toSummary)
  }

  /** Asks for the state of the server, and its clients. */
  stats(): Promise<ServerStats> {
    return this.#converted('stats', answer => {
      const summary = toSummary(answer)
      return summary && { ...summary, ...connectionsOf(answer) }
    })
  }

  /** Asks for what the server measures. */
  monitor(): Promise<Monitor> {
    return this.#converted('monitor', answer => {
      const entries = entriesOf(answer).filter(([name]) => name !== 'command')
      return monitorOf(entries)
    })
  }

  /** Asks for the connections of clients, with their sessions. */
  connections(): Promise<Connections> {
    return this.#converted('connections', answer =>
      Array.isArray(answer.connections) ? connectionsOf(answer) : null,
    )
  }

  /** Asks for the settings of the server. The members of the ensemble are in `votingView`. */
  configuration(): Promise<Configuration> {
    return this.#converted('configuration', toConfiguration)
  }

  /** Asks for the text of the configuration that the server was started with. */
  initialConfiguration(): Promise<string> {
    return this.#converted('initial_configuration', ({ initial_configuration: text }) =>
      typeof text === 'string' ? text : null,
    )
  }

  /** Asks for the environment of the server's process. */
  environment(): Promise<Readonly<Record<string, string>>> {
    return this.#converted('environment', textsOf)
  }

  /** Asks for the system properties of the server's Java machine. They may hold secrets. */
  systemProperties(): Promise<Readonly<Record<string, string>>> {
    return this.#converted('system_properties', textsOf)
  }

  /** Asks for the bytes that the server has on disk. */
  dirs(): Promise<DirectorySizes> {
    return this.#converted('dirs', ({ datadir_size: data, logdir_size: log }) =>
      typeof data === 'number' && typeof log === 'number' ? { data, log } : null,
    )
  }

  /** Asks for sessions, when they expire, and their ephemeral znodes. */
  dump(): Promise<SessionDump> {
    return this.#converted('dump', toDump)
  }

  /** Asks for the newest digests of the tree. */
  hash(): Promise<TreeDigest[]> {
    return this.#converted('hash', toDigests)
  }

  /** Asks if the server takes reads only. */
  isReadOnly(): Promise<boolean> {
    return this.#converted('is_read_only', ({ read_only: is }) =>
      typeof is === 'boolean' ? { is } : null,
    ).then(({ is }) => is)
  }

  /** Asks for the newest snapshot on the server's disk. */
  lastSnapshot(): Promise<LastSnapshot> {
    return this.#converted('last_snapshot', toLastSnapshot)
  }

  /** Asks for the leader. COMMAND_FAILED from a server that stands alone. */
  leader(): Promise<Leadership> {
    return this.#converted('leader', toLeadership)
  }

  /** Asks for the observers that are connected to the server. */
  observers(): Promise<Observer[]> {
    return this.#converted('observers', toObservers)
  }

  /** Asks for the voting members; none from a server that stands alone. */
  votingView(): Promise<Voter[]> {
    return this.#converted('voting_view', toVoters)
  }

  /** Asks for the state of the protocol between servers. */
  zabState(): Promise<ZabState> {
    return this.#converted('zabstate', toZabState)
  }

  /** Asks for the watched paths of each session. With many watches the answer is much work for the server. */
  watches(): Promise<SessionPaths[]> {
    return this.#converted('watches', answer => toSessionPaths(answer.session_id_to_watched_paths))
  }

  /** Asks for the watching sessions of each path. With many watches the answer is much work for the server. */
  watchesByPath(): Promise<PathSessions[]> {
    return this.#converted('watches_by_path', answer => toPathSessions(answer.path_to_session_ids))
  }

  /** Asks for the number of watches. */
  watchSummary(): Promise<WatchSummary> {
    return this.#converted('watch_summary', answer => {
      const { num_connections: connections, num_paths: paths, num_total_watches: watches } = answer
      return typeof connections === 'number' && typeof paths === 'number' && typeof watches === 'number'
        ? { connections, paths, watches }
        : null
    })
  }

  /** Asks for the trace mask of the server's log. */
  getTraceMask(): Promise<bigint> {
    return this.#converted('get_trace_mask', ({ tracemask }) => toMask(tracemask))
  }

  /** Sets the trace mask of the server's log. */
  setTraceMask(mask: bigint | number): Promise<bigint> {
    return this.#converted('set_trace_mask', ({ tracemask }) => toMask(tracemask), { traceMask: mask })
  }

  /** Resets the statistics of the server. */
  async resetStats(): Promise<void> {
    await this.#ask({ command: 'stat_reset' })
  }

  /** Resets the statistics of all connections. */
  async resetConnectionStats(): Promise<void> {
    await this.#ask({ command: 'connection_stat_reset' })
  }

  /** Resets the statistics of all connections of observers. */
  async resetObserverStats(): Promise<void> {
    await this.#ask({ command: 'observer_connection_stat_reset' })
  }

  /**
   * Makes the server write a snapshot and send it. Since 3.9; `auth` needs all permissions on `/`. Read the stream to its
   * end, or destroy it. `timeout` bounds the writing, and the pauses while it is sent: by default 60 seconds.
   */
  async snapshot(): Promise<SnapshotStream> {
    const response = await this.#sender.open({ command: 'snapshot', timeout: this.#transferTimeout })
    if (response.body.readableEnded) throw this.#sender.malformed('snapshot', 'JSON instead of a snapshot')
    return snapshotStream(response, this.url)
  }

  /** Makes the server write a snapshot to its disk only. Since 3.9; `auth` needs all permissions on `/`. */
  async takeSnapshot(): Promise<SnapshotInfo> {
    const call: Call = {
      command: 'snapshot',
      parameters: { streaming: false },
      timeout: this.#transferTimeout,
    }
    const response = await this.#sender.open(call)
    response.body.destroy()
    return snapshotInfo(response)
  }

  /**
   * Replaces all data of the server by a snapshot. Since 3.9; `auth` needs all permissions on `/`. Each server of an
   * ensemble is restored by itself, from the same snapshot, while no client writes. The server takes one every five minutes
   * (RATE_LIMITED), unless `admin.rateLimiterIntervalInMS` says otherwise.
   *
   * @param snapshot the bytes that `snapshot` gave.
   * @returns the newest transaction of the data.
   */
  async restore(snapshot: Readable | Uint8Array): Promise<bigint> {
    if (!(snapshot instanceof Readable) && !(snapshot instanceof Uint8Array)) {
      throw badArgument('restore', 'the snapshot must be a Readable or bytes')
    }
    const body = snapshot instanceof Readable ? snapshot : Readable.from([snapshot])
    const { last_zxid: zxid } = await this.#ask({ command: 'restore', body, timeout: this.#transferTimeout })
    if (typeof zxid === 'number' || typeof zxid === 'bigint') return BigInt(zxid)
    throw this.#sender.malformed('restore', 'no last_zxid')
  }

  async #ask(call: Call): Promise<JsonObject> {
    if (typeof call.command !== 'string' || !/^[a-z_]{1,100}$/.test(call.command)) {
      throw badArgument(
        'run',
        `a command has letters and underscores alone, not ${JSON.stringify(call.command)}`,
      )
    }
    return this.#sender.ask(call)
  }

  async #converted<T>(
    command: string,
    convert: (answer: JsonObject) => T | null,
    parameters: Parameters = {},
  ): Promise<T> {
    const answer = await this.#ask({ command, parameters })
    const result = convert(answer)
    if (result !== null) return result
    throw this.#sender.malformed(command, Object.keys(answer).join(', '))
  }
}

refuseSurplus(AdminServer, { run: 2, setTraceMask: 1, restore: 1 })

function connectionsOf(answer: JsonObject): Connections {
  return { plain: toConnections(answer.connections), secure: toConnections(answer.secure_connections) }
}

function textsOf(answer: JsonObject): Record<string, string> | null {
  const entries = entriesOf(answer).filter(([name]) => name !== 'command')
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

function toMask(value: JsonObject[string] | undefined): bigint | null {
  return typeof value === 'number' || typeof value === 'bigint' ? BigInt(value) : null
}
