// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

/** The codes of the errors that ZooKeeper numbers. */
export type KnownErrorCode =
  | 'SYSTEM_ERROR'
  | 'RUNTIME_INCONSISTENCY'
  | 'DATA_INCONSISTENCY'
  | 'CONNECTION_LOSS'
  | 'MARSHALLING_ERROR'
  | 'UNIMPLEMENTED'
  | 'OPERATION_TIMEOUT'
  | 'BAD_ARGUMENTS'
  | 'INVALID_STATE'
  | 'UNKNOWN_SESSION'
  | 'NEW_CONFIG_NO_QUORUM'
  | 'RECONFIG_IN_PROGRESS'
  | 'SSL_CONNECTION_ERROR'
  | 'API_ERROR'
  | 'NO_NODE'
  | 'NO_AUTH'
  | 'BAD_VERSION'
  | 'NO_CHILDREN_FOR_EPHEMERALS'
  | 'NODE_EXISTS'
  | 'NOT_EMPTY'
  | 'SESSION_EXPIRED'
  | 'INVALID_CALLBACK'
  | 'INVALID_ACL'
  | 'AUTH_FAILED'
  | 'CLOSED'
  | 'NOTHING'
  | 'SESSION_MOVED'
  | 'NOT_READ_ONLY'
  | 'EPHEMERAL_ON_LOCAL_SESSION'
  | 'NO_WATCHER'
  | 'REQUEST_TIMEOUT'
  | 'RECONFIG_DISABLED'
  | 'SESSION_CLOSED_REQUIRE_SASL_AUTH'
  | 'QUOTA_EXCEEDED'
  | 'THROTTLED_OP'

/** The fate of a request that failed: refused, never sent, or perhaps applied. */
export type Outcome = 'rejected' | 'not-sent' | 'unknown'

/** One row of errors.json. */
export interface ErrorRow {
  /** The number in a reply header. */
  readonly number: number
  /** The code that programs compare. */
  readonly code: KnownErrorCode
  /** The name as ZooKeeper spells it. */
  readonly name: string
  /** A description, without a full stop. */
  readonly message: string
  /** The part that reports it, or that it concerns: server, api, session, client or both sides. */
  readonly scope: string
  /** True if the same request can succeed later without any other change. */
  readonly retryable: boolean
  /** The fate of the request. */
  readonly outcome: Outcome
}

/** The error numbers of a reply header, by code. `OK` is not an error. */
export const ErrorNumber: {
  readonly OK: 0
  readonly SYSTEM_ERROR: -1
  readonly RUNTIME_INCONSISTENCY: -2
  readonly DATA_INCONSISTENCY: -3
  readonly CONNECTION_LOSS: -4
  readonly MARSHALLING_ERROR: -5
  readonly UNIMPLEMENTED: -6
  readonly OPERATION_TIMEOUT: -7
  readonly BAD_ARGUMENTS: -8
  readonly INVALID_STATE: -9
  readonly UNKNOWN_SESSION: -12
  readonly NEW_CONFIG_NO_QUORUM: -13
  readonly RECONFIG_IN_PROGRESS: -14
  readonly SSL_CONNECTION_ERROR: -15
  readonly API_ERROR: -100
  readonly NO_NODE: -101
  readonly NO_AUTH: -102
  readonly BAD_VERSION: -103
  readonly NO_CHILDREN_FOR_EPHEMERALS: -108
  readonly NODE_EXISTS: -110
  readonly NOT_EMPTY: -111
  readonly SESSION_EXPIRED: -112
  readonly INVALID_CALLBACK: -113
  readonly INVALID_ACL: -114
  readonly AUTH_FAILED: -115
  readonly CLOSED: -116
  readonly NOTHING: -117
  readonly SESSION_MOVED: -118
  readonly NOT_READ_ONLY: -119
  readonly EPHEMERAL_ON_LOCAL_SESSION: -120
  readonly NO_WATCHER: -121
  readonly REQUEST_TIMEOUT: -122
  readonly RECONFIG_DISABLED: -123
  readonly SESSION_CLOSED_REQUIRE_SASL_AUTH: -124
  readonly QUOTA_EXCEEDED: -125
  readonly THROTTLED_OP: -127
} = {
  OK: 0,
  SYSTEM_ERROR: -1,
  RUNTIME_INCONSISTENCY: -2,
  DATA_INCONSISTENCY: -3,
  CONNECTION_LOSS: -4,
  MARSHALLING_ERROR: -5,
  UNIMPLEMENTED: -6,
  OPERATION_TIMEOUT: -7,
  BAD_ARGUMENTS: -8,
  INVALID_STATE: -9,
  UNKNOWN_SESSION: -12,
  NEW_CONFIG_NO_QUORUM: -13,
  RECONFIG_IN_PROGRESS: -14,
  SSL_CONNECTION_ERROR: -15,
  API_ERROR: -100,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  SESSION_EXPIRED: -112,
  INVALID_CALLBACK: -113,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  CLOSED: -116,
  NOTHING: -117,
  SESSION_MOVED: -118,
  NOT_READ_ONLY: -119,
  EPHEMERAL_ON_LOCAL_SESSION: -120,
  NO_WATCHER: -121,
  REQUEST_TIMEOUT: -122,
  RECONFIG_DISABLED: -123,
  SESSION_CLOSED_REQUIRE_SASL_AUTH: -124,
  QUOTA_EXCEEDED: -125,
  THROTTLED_OP: -127,
}

/** Every error that ZooKeeper numbers. */
export const errorTable: readonly ErrorRow[] = [
  {
    number: -1,
    code: 'SYSTEM_ERROR',
    name: 'SystemError',
    message: 'the server failed without saying why',
    scope: 'server',
    retryable: false,
    outcome: 'unknown',
  },
  {
    number: -2,
    code: 'RUNTIME_INCONSISTENCY',
    name: 'RuntimeInconsistency',
    message: 'an operation of a multi was not tried because an earlier or later one failed',
    scope: 'server',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -3,
    code: 'DATA_INCONSISTENCY',
    name: 'DataInconsistency',
    message: 'the server found its data inconsistent',
    scope: 'server',
    retryable: false,
    outcome: 'unknown',
  },
  {
    number: -4,
    code: 'CONNECTION_LOSS',
    name: 'ConnectionLoss',
    message: 'the connection was lost before the reply came',
    scope: 'client',
    retryable: true,
    outcome: 'unknown',
  },
  {
    number: -5,
    code: 'MARSHALLING_ERROR',
    name: 'MarshallingError',
    message: 'a frame could not be encoded or decoded',
    scope: 'both',
    retryable: false,
    outcome: 'unknown',
  },
  {
    number: -6,
    code: 'UNIMPLEMENTED',
    name: 'Unimplemented',
    message: 'the server does not have this operation',
    scope: 'server',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -7,
    code: 'OPERATION_TIMEOUT',
    name: 'OperationTimeout',
    message: 'the operation timed out at the server',
    scope: 'server',
    retryable: true,
    outcome: 'unknown',
  },
  {
    number: -8,
    code: 'BAD_ARGUMENTS',
    name: 'BadArguments',
    message: 'an argument is not valid',
    scope: 'both',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -9,
    code: 'INVALID_STATE',
    name: 'InvalidState',
    message: 'the client is not in a state that allows this',
    scope: 'client',
    retryable: false,
    outcome: 'not-sent',
  },
  {
    number: -12,
    code: 'UNKNOWN_SESSION',
    name: 'UnknownSession',
    message: 'the server does not know the session',
    scope: 'server',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -13,
    code: 'NEW_CONFIG_NO_QUORUM',
    name: 'NewConfigNoQuorum',
    message: 'no quorum of the new configuration is connected and up to date',
    scope: 'server',
    retryable: true,
    outcome: 'rejected',
  },
  {
    number: -14,
    code: 'RECONFIG_IN_PROGRESS',
    name: 'ReconfigInProgress',
    message: 'another reconfiguration is in progress',
    scope: 'server',
    retryable: true,
    outcome: 'rejected',
  },
  {
    number: -15,
    code: 'SSL_CONNECTION_ERROR',
    name: 'SSLConnectionError',
    message: 'the TLS connection could not be made',
    scope: 'client',
    retryable: true,
    outcome: 'not-sent',
  },
  {
    number: -100,
    code: 'API_ERROR',
    name: 'APIError',
    message: 'the server does not understand the request',
    scope: 'server',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -101,
    code: 'NO_NODE',
    name: 'NoNode',
    message: 'the znode does not exist',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -102,
    code: 'NO_AUTH',
    name: 'NoAuth',
    message: 'the ACL does not allow it',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -103,
    code: 'BAD_VERSION',
    name: 'BadVersion',
    message: 'the version does not match',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -108,
    code: 'NO_CHILDREN_FOR_EPHEMERALS',
    name: 'NoChildrenForEphemerals',
    message: 'an ephemeral znode can have no children',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -110,
    code: 'NODE_EXISTS',
    name: 'NodeExists',
    message: 'the znode exists already',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -111,
    code: 'NOT_EMPTY',
    name: 'NotEmpty',
    message: 'the znode has children',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -112,
    code: 'SESSION_EXPIRED',
    name: 'SessionExpired',
    message: 'the session has expired',
    scope: 'session',
    retryable: false,
    outcome: 'unknown',
  },
  {
    number: -113,
    code: 'INVALID_CALLBACK',
    name: 'InvalidCallback',
    message: 'the callback is not valid',
    scope: 'client',
    retryable: false,
    outcome: 'not-sent',
  },
  {
    number: -114,
    code: 'INVALID_ACL',
    name: 'InvalidACL',
    message:
      'the ACL is empty or malformed, names a scheme that the server does not have, or grants to `auth` while the session has presented no identity (addAuth)',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -115,
    code: 'AUTH_FAILED',
    name: 'AuthFailed',
    message: 'authentication failed',
    scope: 'session',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -116,
    code: 'CLOSED',
    name: 'Closing',
    message: 'the client is closed',
    scope: 'client',
    retryable: false,
    outcome: 'not-sent',
  },
  {
    number: -117,
    code: 'NOTHING',
    name: 'Nothing',
    message: 'there is nothing to process',
    scope: 'client',
    retryable: false,
    outcome: 'not-sent',
  },
  {
    number: -118,
    code: 'SESSION_MOVED',
    name: 'SessionMoved',
    message: 'the session has moved to another server',
    scope: 'session',
    retryable: true,
    outcome: 'rejected',
  },
  {
    number: -119,
    code: 'NOT_READ_ONLY',
    name: 'NotReadOnly',
    message: 'the server is read-only and the request is not a read',
    scope: 'server',
    retryable: true,
    outcome: 'rejected',
  },
  {
    number: -120,
    code: 'EPHEMERAL_ON_LOCAL_SESSION',
    name: 'EphemeralOnLocalSession',
    message: 'a local session cannot create an ephemeral znode',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -121,
    code: 'NO_WATCHER',
    name: 'NoWatcher',
    message: 'there is no such watch',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -122,
    code: 'REQUEST_TIMEOUT',
    name: 'RequestTimeout',
    message: "no reply came within the request's timeout",
    scope: 'client',
    retryable: true,
    outcome: 'unknown',
  },
  {
    number: -123,
    code: 'RECONFIG_DISABLED',
    name: 'ReconfigDisabled',
    message: 'dynamic reconfiguration is disabled',
    scope: 'server',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -124,
    code: 'SESSION_CLOSED_REQUIRE_SASL_AUTH',
    name: 'SessionClosedRequireSaslAuth',
    message: 'the server closed the session because it requires authentication',
    scope: 'session',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -125,
    code: 'QUOTA_EXCEEDED',
    name: 'QuotaExceeded',
    message: 'the quota of the path is exceeded',
    scope: 'api',
    retryable: false,
    outcome: 'rejected',
  },
  {
    number: -127,
    code: 'THROTTLED_OP',
    name: 'ThrottledOp',
    message: 'the server is overloaded and dropped the request before executing it',
    scope: 'server',
    retryable: true,
    outcome: 'rejected',
  },
]
