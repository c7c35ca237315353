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

/** Tells whether an address is one of this machine itself, so that what is sent to it crosses no network. */
export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address)
}
