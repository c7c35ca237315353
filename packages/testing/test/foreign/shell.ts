/** A command for zkCli, and the patterns that its output must match, all of them in this order. */
export type Exchange = readonly [command: string, ...answers: RegExp[]]

/** The commands before the connection is dropped. */
export const BEFORE_THE_DROP: readonly Exchange[] = [
  ['create /app v1', /^Created \/app$/],
  ['get /app', /^v1$/],
  ['set /app v2'],
  ['stat /app', /^dataVersion = 1$/, /^ephemeralOwner = 0x0$/],
  ['create -e /app/e', /^Created \/app\/e$/],
  ['stat /app/e', /^ephemeralOwner = 0x[1-9a-f]/],
  ['create -s /app/s-', /^Created \/app\/s-0000000001$/],
  ['create -s /app/s-', /^Created \/app\/s-0000000002$/],
  ['ls /app', /^\[e, s-0000000001, s-0000000002\]$/],
  ['get -w /app', /^v2$/],
  ['set /app v3', /type:NodeDataChanged path:\/app(?: zxid: \d+)?$/],
  ['ls -w /app', /^\[e, s-0000000001, s-0000000002\]$/],
  ['create /app/m', /type:NodeChildrenChanged path:\/app(?: zxid: \d+)?$/],
  ['set -v 99 /app v4', /version No is not valid : \/app$/],
  ['delete /app', /Node not empty: \/app$/],
  ['create /app/secret hidden digest:alice:nobody:r', /^Created \/app\/secret$/],
  ['get /app/secret', /(Insufficient permission|NoAuth).*\/app\/secret$/],
  ['addauth digest alice:secret'],
  ['create /app/own hidden auth::cdrwa', /^Created \/app\/own$/],
  ['getAcl /app/own', /^'digest,'alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=$/, /^: cdrwa$/],
  ['get -w /app', /^v3$/],
]

/** The shell's own messages when its connections are dropped and its session continues. */
export const RECONNECTED: readonly RegExp[] = [
  /state:Disconnected type:None path:null(?: zxid: -1)?$/,
  /state:SyncConnected type:None path:null(?: zxid: -1)?$/,
]

/** The commands after it has reconnected. */
export const AFTER_THE_DROP: readonly Exchange[] = [
  ['get /app/own', /^hidden$/],
  ['set /app v5', /type:NodeDataChanged path:\/app(?: zxid: \d+)?$/],
  ['delete /app/m'],
  ['get /app/m', /Node does not exist: \/app\/m$/],
  // Last, for zkCli ends as its last command did.
  ['ls /app', /^\[e, own, s-0000000001, s-0000000002, secret\]$/],
]

/** The commands of a second shell after the first has quit: the first one's ephemeral is deleted. */
export const AFTERWARDS: readonly Exchange[] = [['ls /app', /^\[own, s-0000000001, s-0000000002, secret\]$/]]
