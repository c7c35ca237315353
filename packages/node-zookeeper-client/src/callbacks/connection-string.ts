import assert from 'node:assert'
import { parseConnectString, type ServerAddress } from '@zookit/client'
import { validate } from './path.ts'

/** The parts of a connection string, `host:port,host:port/chroot`. */
export class ConnectionStringParser {
  readonly #text: string
  readonly #servers: readonly ServerAddress[]
  readonly #chroot: string | undefined

  /** @throws AssertionError, or ConnectStringError for an invalid server. */
  constructor(connectionString: string) {
    assert(
      connectionString && typeof connectionString === 'string',
      'the connection string must be a non-empty string',
    )
    const slash = connectionString.indexOf('/')
    const end = slash < 0 ? connectionString.length : slash
    const chroot = connectionString.slice(end)
    if (chroot.length > 1) validate(chroot)
    const hosts = connectionString.slice(0, end).split(',').filter(Boolean)
    assert(hosts.length > 0, 'the connection string must name at least one server')
    this.#text = connectionString
    this.#chroot = chroot.length > 1 ? chroot : undefined
    this.#servers = parseConnectString(hosts.join(',')).servers
  }

  /** Returns the text. */
  getConnectionString(): string {
    return this.#text
  }

  /** Returns the chroot, such as `/app`, or undefined. */
  getChrootPath(): string | undefined {
    return this.#chroot
  }

  /** Returns the servers in the order in which they are written. */
  getServers(): ServerAddress[] {
    return [...this.#servers]
  }
}
