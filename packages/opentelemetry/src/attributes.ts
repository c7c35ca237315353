import type { Attributes } from '@opentelemetry/api'
import {
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions'
import type { RequestTrace } from '@zookit/client'

/** The value of `db.system.name`. */
const SYSTEM = 'zookeeper'

/** The names that the semantic conventions do not have. */
export const ATTR_PATH = 'zookeeper.path'
export const ATTR_SESSION = 'zookeeper.session.id'
export const ATTR_XID = 'zookeeper.xid'
export const ATTR_TOKEN = 'zookeeper.fencing_token'
export const ATTR_REASON = 'zookeeper.end_reason'
export const ATTR_STATE = 'zookeeper.session.state'
export const ATTR_EVENT = 'zookeeper.watch.event'

/** Returns a session's id as servers print it. */
export function idOf(sessionId: bigint): string {
  return `0x${sessionId.toString(16)}`
}

/** Returns the code of an error, which is of low cardinality. */
function errorType(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : '_OTHER'
}

/** Returns the number of a server's error, as text; undefined for an error of the client's own. */
function statusOf(error: unknown): string | undefined {
  const { errno } = error as { errno?: unknown }
  return typeof errno === 'number' && errno !== 0 ? String(errno) : undefined
}

/** Returns the attributes that the span of a request has from its begin. */
export function requestAttributes({ operation, path, sessionId, server }: RequestTrace): Attributes {
  const attributes: Attributes = {
    [ATTR_DB_SYSTEM_NAME]: SYSTEM,
    [ATTR_DB_OPERATION_NAME]: operation,
    [ATTR_SESSION]: idOf(sessionId),
  }
  if (path !== undefined) attributes[ATTR_PATH] = path
  if (server !== null) {
    attributes[ATTR_SERVER_ADDRESS] = server.host
    attributes[ATTR_SERVER_PORT] = server.port
  }
  return attributes
}

/** Returns the attributes that tell of an error. */
export function errorAttributes(error: unknown): Attributes {
  const status = statusOf(error)
  return {
    [ATTR_ERROR_TYPE]: errorType(error),
    ...(status !== undefined && { [ATTR_DB_RESPONSE_STATUS_CODE]: status }),
  }
}

/**
 * The attributes of durations by operation, server and error: there are few of them, and each request would otherwise make
 * an object of its own.
 */
export class DurationAttributes {
  readonly #byServer = new WeakMap<object, Map<string, Attributes>>()
  readonly #none = {}

  of({ operation, server, error }: RequestTrace): Attributes {
    const key = server ?? this.#none
    let known = this.#byServer.get(key)
    if (known === undefined) this.#byServer.set(key, (known = new Map()))
    const name = error === undefined ? operation : `${operation} ${errorType(error)}`
    let attributes = known.get(name)
    if (attributes === undefined) {
      attributes = {
        [ATTR_DB_SYSTEM_NAME]: SYSTEM,
        [ATTR_DB_OPERATION_NAME]: operation,
        ...(server !== null && { [ATTR_SERVER_ADDRESS]: server.host, [ATTR_SERVER_PORT]: server.port }),
        ...(error !== undefined && errorAttributes(error)),
      }
      known.set(name, attributes)
    }
    return attributes
  }
}
