import { randomBytes } from 'node:crypto'
import type { WordOptions } from '@zookit/admin'
import { checks, parseConnectString, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { Assets } from './assets.ts'
import { Monitor } from './ensemble/monitor.ts'
import { application } from './http/app.ts'
import { type Listening, type ListenOptions, listen } from './http/listen.ts'
import { Hub } from './live/hub.ts'
import type { TrafficRecord } from './protocol.ts'
import { type Schemas, schemasCheck } from './recipes/config.ts'
import { TrafficStore } from './traffic/store.ts'
import { WriteLog } from './write/write-log.ts'

/** Options of a console. */
export interface ConsoleOptions {
  /** The servers to look at from outside, a connect string. Default: the ensemble's view has no servers. */
  readonly hosts?: string | undefined
  /** The way to ask these servers four-letter words: `tls`, `timeout`. */
  readonly words?: WordOptions | undefined
  /** The name that the page shows. Default the hosts. */
  readonly name?: string | undefined
  /** True if pages may change the tree. Default false. */
  readonly write?: boolean | undefined
  /** The secret of the page's address. At least 16 characters; default a random one. */
  readonly token?: string | undefined
  /** Host names under which requests may come, beside those of this machine. */
  readonly allowedHosts?: readonly string[] | undefined
  /** Called with a line for each write. Default: standard error. */
  readonly log?: ((line: string) => void) | undefined
  /** Standard Schema validators of configuration, by the path of the znode. */
  readonly schemas?: Schemas | undefined
  /** True if `recordFrame` is going to be called: pages have a view of the traffic. Default false. */
  readonly traffic?: boolean | undefined
  /** True if what is shown is made up. Default false. */
  readonly demo?: boolean | undefined
  /** @internal The folder of the built page. */
  readonly pageFolder?: URL | undefined
  /** @internal Milliseconds until a write is answered that goes on. */
  readonly patience?: number | undefined
}

const LEAST_TOKEN = 16

const OPTIONS = checks.optionTable('{ write: true }', {
  hosts: checks.text,
  words: checks.checkedLater,
  name: checks.text,
  write: checks.flag,
  token: checks.mustBe(
    `text of at least ${LEAST_TOKEN} characters`,
    value => typeof value === 'string' && value.length >= LEAST_TOKEN,
  ),
  allowedHosts: checks.mustBe(
    'a list of host names',
    value => Array.isArray(value) && value.every(each => typeof each === 'string'),
  ),
  log: checks.func,
  schemas: schemasCheck,
  traffic: checks.flag,
  demo: checks.flag,
  pageFolder: checks.checkedLater,
  patience: checks.checkedLater,
})

/**
 * A console: pages that show an ensemble live, and answers to them. All pages share the session of the client that it is given.
 *
 * `listen` serves it; `fetch` mounts it in a server of one's own.
 */
export class Console implements AsyncDisposable {
  /** The secret of the page's address. */
  readonly token: string
  readonly #hub: Hub
  readonly #monitor: Monitor
  readonly #traffic: TrafficStore = new TrafficStore()
  readonly #log: WriteLog
  readonly #fetch: (request: Request) => Response | Promise<Response>
  readonly #listening = new Set<Listening>()
  readonly #allowedHosts: Set<string>

  /**
   * @param zk a client. It stays the caller's, who closes it after the console.
   * @throws ZooKeeperError BAD_ARGUMENTS.
   */
  constructor(zk: ZooKeeper, options: ConsoleOptions = {}) {
    check(zk, options)
    const { hosts = '', words = {}, name = hosts, write = false, allowedHosts = [], schemas = {} } = options
    this.token = options.token ?? randomBytes(24).toString('base64url')
    const servers = hosts === '' ? '' : serversOf(hosts)
    this.#hub = new Hub(zk, {
      name,
      hosts: servers,
      write,
      traffic: options.traffic ?? false,
      demo: options.demo ?? false,
    })
    this.#monitor = new Monitor(servers, words, {
      isWanted: () => this.#hub.wants('pages'),
      onSample: sample => this.#hub.send({ type: 'sample', sample }),
    })
    this.#log = new WriteLog(options.log ?? (line => void process.stderr.write(`${line}\n`)))
    this.#allowedHosts = new Set(allowedHosts.map(host => host.toLowerCase()))
    const guard = { token: this.token, allowedHosts: this.#allowedHosts }
    const app = application(guard, new Assets(options.pageFolder), {
      zk,
      hub: this.#hub,
      monitor: this.#monitor,
      traffic: this.#traffic,
      log: this.#log,
      hosts: servers,
      words,
      schemas,
      isWritable: write,
      patience: options.patience,
    })
    this.#fetch = request => app.fetch(request)
  }

  /** Answers a request, for a server of one's own that speaks the web's Request and Response. */
  async fetch(request: Request): Promise<Response> {
    return this.#fetch(request)
  }

  /** Listens on a port of its own. @throws ZooKeeperError BAD_ARGUMENTS; the error of the socket. */
  async listen(options: ListenOptions = {}): Promise<Listening> {
    const listening = await listen(this.#fetch, this.token, options)
    this.#listening.add(listening)
    // The address that is printed must be one that is answered; a zone of IPv6 is no part of an address of the web.
    if (URL.canParse(listening.address)) this.#allowedHosts.add(new URL(listening.address).hostname)
    return listening
  }

  /** Takes a frame that has passed a proxy, for the view of the traffic. */
  recordFrame(record: TrafficRecord): void {
    this.#traffic.add(record)
    this.#hub.frame(record)
  }

  /** Ends all pages, the watch, and whatever listens. The client stays open. */
  async close(): Promise<void> {
    await Promise.all([this.#hub.close(), this.#monitor.close()])
    await Promise.all([...this.#listening].map(each => each.close()))
    this.#log.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function check(zk: ZooKeeper, options: ConsoleOptions): void {
  try {
    checks.checkArgument(
      'the client',
      zk,
      checks.mustBe(
        'a connected client',
        value => typeof (value as ZooKeeper | null)?.getData === 'function',
      ),
    )
    checks.checkOptions(options, OPTIONS)
  } catch (error) {
    throw checks.withSubject(error, 'Console')
  }
}

/** Returns the servers of a connect string without its chroot. @throws ZooKeeperError BAD_ARGUMENTS. */
function serversOf(hosts: string): string {
  try {
    return parseConnectString(hosts)
      .servers.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(',')
  } catch (error) {
    throw new ZooKeeperError('BAD_ARGUMENTS', {
      message: `hosts: ${(error as Error).message}`,
      outcome: 'not-sent',
    })
  }
}
