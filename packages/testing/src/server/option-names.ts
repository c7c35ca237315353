import type { CoreOptions } from './settings.ts'

/** The names of options. The type checker keeps the list complete. */
export type OptionNames<Options> = { readonly [Name in keyof Required<Options>]: true }

/** The options of a server, except those of its sockets. */
export const CORE_OPTIONS: OptionNames<CoreOptions> = {
  tickTime: true,
  minSessionTimeout: true,
  maxSessionTimeout: true,
  readOnly: true,
  version: true,
  filterEvents: true,
  reconfigEnabled: true,
  extendedTypes: true,
  superDigest: true,
  maxClientCnxns: true,
  handshakeTimeout: true,
  maxBuffer: true,
  requireAuth: true,
  sasl: true,
  saslSuperUser: true,
  allowSaslFailedClients: true,
  ensembleNames: true,
  enforceQuota: true,
  containerCheckInterval: true,
  fourLetterWords: true,
  serverId: true,
  log: true,
  logRequests: true,
  recordRequests: true,
  onCommit: true,
}

/**
 * Refuses an option that does not exist: a misspelt one would leave the default silently.
 *
 * @throws TypeError with the code BAD_ARGUMENTS.
 */
export function checkOptionNames(
  operation: string,
  options: unknown,
  names: Readonly<Record<string, true>>,
): void {
  const kind = Array.isArray(options) ? 'a list' : String(options)
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw badArguments(operation, `the options must be an object such as { port: 2181 }, not ${kind}`)
  const unknown = Object.keys(options).find(name => !Object.hasOwn(names, name))
  if (unknown === undefined) return
  const all = Object.keys(names).sort().join(', ')
  throw badArguments(operation, `there is no option ${JSON.stringify(unknown)}; the options are ${all}`)
}

function badArguments(operation: string, reason: string): TypeError {
  return Object.assign(new TypeError(`BAD_ARGUMENTS (${operation}): ${reason}`), { code: 'BAD_ARGUMENTS' })
}
