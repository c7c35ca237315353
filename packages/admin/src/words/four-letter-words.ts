import { formatServer, type ServerAddress } from '@zookit/connection'
import { AdminError } from '../admin-error.ts'
import {
  badArgument,
  checkCount,
  checkOptions,
  type ResolvedWordOptions,
  readServers,
  refuseSurplus,
  resolveWordOptions,
  WORD_OPTIONS,
  type WordOptions,
} from '../options.ts'
import { Fields, linesOf, pairs } from '../values.ts'
import type {
  ClientConnection,
  Configuration,
  DirectorySizes,
  Dump,
  Monitor,
  PathSessions,
  ServerStat,
  ServerSummary,
  SessionPaths,
  TreeDigest,
  WatchSummary,
} from './answers.ts'
import {
  parseConnections,
  parseDigests,
  parseDump,
  parseWatchesByPath,
  parseWatchesBySession,
  parseWatchSummary,
} from './client-answers.ts'
import { exchange } from './exchange.ts'
import { parseConfiguration, parseMonitor, parseStat, parseSummary } from './server-answers.ts'

/** The server's answer to a word that its configuration forbids. */
const FORBIDDEN = /is not executed because it is not in the whitelist\.?\s*$/
const NOT_SERVING = /^This ZooKeeper instance is not currently serving requests\s*$/

/** The length of the start of an answer that a message quotes. */
const QUOTED = 80

/** The word of which an empty answer says that there is nothing to tell: no digest was kept yet. */
const MAY_BE_EMPTY = 'hash'

/**
 * The four-letter words of one server, each on a connection of its own. Unless its `4lw.commands.whitelist` says more, a
 * server answers `srvr` alone.
 *
 * Every method rejects with an AdminError: NOT_ALLOWED for a word that is not in that list, NOT_SERVING from a server
 * without a quorum, CONNECT_FAILED, TLS_FAILED, TIMEOUT, CLOSED and the like.
 */
export class FourLetterWords {
  /** The server as `host:port`. */
  readonly server: string
  readonly #address: ServerAddress
  readonly #options: ResolvedWordOptions

  /**
   * @param server one server, as `host:port` or as an object.
   * @throws AdminError BAD_ARGUMENTS.
   */
  constructor(server: string | ServerAddress, options: WordOptions = {}) {
    checkCount('FourLetterWords', arguments.length, 2)
    checkOptions('FourLetterWords', options, WORD_OPTIONS)
    const servers = readServers('FourLetterWords', typeof server === 'string' ? server : [server])
    if (servers.length !== 1)
      throw badArgument('FourLetterWords', 'it takes one server, such as 127.0.0.1:2181')
    this.#address = servers[0]!
    this.#options = resolveWordOptions('FourLetterWords', options)
    this.server = formatServer(this.#address)
  }

  /**
   * Sends any word and returns the text of the answer.
   *
   * @param word four letters. `srst` and `crst` reset the server's statistics.
   */
  async ask(word: string): Promise<string> {
    if (typeof word !== 'string' || !/^[a-z]{4}$/.test(word)) {
      throw badArgument('ask', `a word has four letters from a to z, not ${JSON.stringify(word)}`)
    }
    const answer = await exchange(this.#address, word, this.#options)
    if (FORBIDDEN.test(answer)) {
      throw this.#error(word, 'NOT_ALLOWED', `add ${word} to 4lw.commands.whitelist in the server's zoo.cfg`)
    }
    if (NOT_SERVING.test(answer)) {
      const reason =
        'it runs and serves no clients: see its log, and whether a majority of the ensemble is up'
      throw this.#error(word, 'NOT_SERVING', reason)
    }
    if (answer === '' && word !== MAY_BE_EMPTY) {
      const reason =
        'it closed without an answer: it does not know the word, has too many connections, or expects TLS'
      throw this.#error(word, 'CLOSED', reason)
    }
    return answer
  }

  /** Asks if the server runs. It may run and serve nobody: see `srvr`. @returns true. */
  ruok(): Promise<true> {
    return this.#parsed('ruok', text => (text.trim() === 'imok' ? true : null))
  }

  /** Asks for the state of the server in short: release, mode, latency, connections, zxid, znodes. */
  srvr(): Promise<ServerSummary> {
    return this.#parsed('srvr', parseSummary)
  }

  /** Asks for what `srvr` tells, and for the clients. */
  stat(): Promise<ServerStat> {
    return this.#parsed('stat', parseStat)
  }

  /** Asks for what the server measures. */
  mntr(): Promise<Monitor> {
    return this.#parsed('mntr', parseMonitor)
  }

  /** Asks for the connections of clients, with their sessions. */
  cons(): Promise<ClientConnection[]> {
    return this.#parsed('cons', parseConnections)
  }

  /** Asks for the configuration, and the ensemble's members. */
  conf(): Promise<Configuration> {
    return this.#parsed('conf', parseConfiguration)
  }

  /** Asks if the server takes writes: `rw`, or `ro` without a quorum; null if it serves nobody. */
  isro(): Promise<'rw' | 'ro' | null> {
    return this.#parsed('isro', text =>
      /^(rw|ro|null)$/.test(text) ? { mode: text as 'rw' | 'ro' | 'null' } : null,
    ).then(({ mode }) => (mode === 'null' ? null : mode))
  }

  /** Asks for the environment of the server's process: versions, host name, memory. */
  envi(): Promise<Readonly<Record<string, string>>> {
    return this.#parsed('envi', text => {
      const [head, ...lines] = linesOf(text)
      return head === 'Environment:' ? Object.fromEntries(pairs(lines, '=')) : null
    })
  }

  /** Asks for sessions and their ephemeral znodes. Only the leader knows when a session expires. */
  dump(): Promise<Dump> {
    return this.#parsed('dump', parseDump)
  }

  /** Asks for the number of watches. */
  wchs(): Promise<WatchSummary> {
    return this.#parsed('wchs', parseWatchSummary)
  }

  /** Asks for the watched paths of each session. With many watches the answer is much work for the server. */
  wchc(): Promise<SessionPaths[]> {
    return this.#parsed('wchc', parseWatchesBySession)
  }

  /** Asks for the watching sessions of each path. With many watches the answer is much work for the server. */
  wchp(): Promise<PathSessions[]> {
    return this.#parsed('wchp', parseWatchesByPath)
  }

  /** Asks for the newest digests of the tree: servers that agree have the same one for the same zxid. */
  hash(): Promise<TreeDigest[]> {
    return this.#parsed('hash', parseDigests)
  }

  /** Asks for the bytes that the server has on disk. */
  dirs(): Promise<DirectorySizes> {
    return this.#parsed('dirs', text => {
      const fields = new Fields(pairs(linesOf(text), ':'))
      const [data, log] = [fields.number('datadir_size'), fields.number('logdir_size')]
      return data === null || log === null ? null : { data, log }
    })
  }

  /** Asks for the trace mask of the server's log. */
  gtmk(): Promise<bigint> {
    return this.#parsed('gtmk', text => (/^-?\d{1,20}\s*$/.test(text) ? BigInt(text.trim()) : null))
  }

  async #parsed<T>(word: string, parse: (text: string) => T | null): Promise<T> {
    const text = await this.ask(word)
    const result = parse(text)
    if (result !== null) return result
    const quoted = JSON.stringify(text.slice(0, QUOTED))
    throw this.#error(word, 'MALFORMED_ANSWER', `is it a ZooKeeper server? It says ${quoted}`)
  }

  #error(word: string, code: ConstructorParameters<typeof AdminError>[0], reason: string): AdminError {
    return new AdminError(code, reason, { server: this.server, command: word })
  }
}

refuseSurplus(FourLetterWords, { ask: 1 })
