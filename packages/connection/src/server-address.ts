/** A server as a connect string names it: not resolved yet. */
export interface ServerAddress {
  /** A host name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string
  readonly port: number
}

/** Formats a server as `host:port`, with an IPv6 host in brackets, as `parseConnectString` reads it. */
export function formatServer({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
