import { atLeast, flag, func, type OptionChecks, passwords, text, texts, whole } from '../arguments.ts'
import type { CoreOptions } from './settings.ts'

/** The options of a server, except those of its sockets. */
export const CORE_OPTIONS: OptionChecks<CoreOptions> = {
  tickTime: whole(1),
  minSessionTimeout: whole(0),
  maxSessionTimeout: whole(1),
  readOnly: flag,
  version: text,
  filterEvents: flag,
  reconfigEnabled: flag,
  extendedTypes: flag,
  superDigest: text,
  saslSuperUser: text,
  maxClientCnxns: whole(0),
  handshakeTimeout: atLeast(1),
  maxBuffer: whole(1),
  requireAuth: texts,
  sasl: passwords,
  allowSaslFailedClients: flag,
  ensembleNames: texts,
  enforceQuota: flag,
  containerCheckInterval: atLeast(1),
  fourLetterWords: texts,
  serverId: whole(0, 255),
  log: func,
  logRequests: flag,
  recordRequests: flag,
  onCommit: func,
}
