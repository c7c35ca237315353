// Printed from protocol-spec by protocol-spec/generate.ts. Change the spec, not this file.

/** The opcodes that clients send. */
export const OpCode: {
  readonly create: 1
  readonly delete: 2
  readonly exists: 3
  readonly getData: 4
  readonly setData: 5
  readonly getACL: 6
  readonly setACL: 7
  readonly getChildren: 8
  readonly sync: 9
  readonly ping: 11
  readonly getChildren2: 12
  readonly check: 13
  readonly multi: 14
  readonly create2: 15
  readonly reconfig: 16
  readonly checkWatches: 17
  readonly removeWatches: 18
  readonly createContainer: 19
  readonly createTTL: 21
  readonly multiRead: 22
  readonly auth: 100
  readonly setWatches: 101
  readonly sasl: 102
  readonly getEphemerals: 103
  readonly getAllChildrenNumber: 104
  readonly setWatches2: 105
  readonly addWatch: 106
  readonly whoAmI: 107
  readonly closeSession: -11
} = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
}

/** The xids that do not come from the counter. A server's frame with one of them does not answer a numbered request. */
export const Xid: {
  readonly notification: -1
  readonly ping: -2
  readonly auth: -4
  readonly setWatches: -8
} = {
  notification: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
}

/** The `flags` of a create request: one number for each create mode, not a bit mask. */
export const CreateFlag: {
  readonly persistent: 0
  readonly ephemeral: 1
  readonly 'persistent-sequential': 2
  readonly 'ephemeral-sequential': 3
  readonly container: 4
  readonly ttl: 5
  readonly 'ttl-sequential': 6
} = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
  container: 4,
  ttl: 5,
  'ttl-sequential': 6,
}

/** The bits of an ACL's `perms`. CREATE and DELETE are checked on the parent. */
export const Perm: {
  readonly READ: 1
  readonly WRITE: 2
  readonly CREATE: 4
  readonly DELETE: 8
  readonly ADMIN: 16
  readonly ALL: 31
} = {
  READ: 1,
  WRITE: 2,
  CREATE: 4,
  DELETE: 8,
  ADMIN: 16,
  ALL: 31,
}

/** The `type` of a watch event. Clients make 5 to 7; no server sends them. */
export const EventType: {
  readonly none: -1
  readonly nodeCreated: 1
  readonly nodeDeleted: 2
  readonly nodeDataChanged: 3
  readonly nodeChildrenChanged: 4
  readonly dataWatchRemoved: 5
  readonly childWatchRemoved: 6
  readonly persistentWatchRemoved: 7
} = {
  none: -1,
  nodeCreated: 1,
  nodeDeleted: 2,
  nodeDataChanged: 3,
  nodeChildrenChanged: 4,
  dataWatchRemoved: 5,
  childWatchRemoved: 6,
  persistentWatchRemoved: 7,
}

/** The `state` of a watch event. */
export const KeeperState: {
  readonly unknown: -1
  readonly disconnected: 0
  readonly noSyncConnected: 1
  readonly syncConnected: 3
  readonly authFailed: 4
  readonly connectedReadOnly: 5
  readonly saslAuthenticated: 6
  readonly closed: 7
  readonly expired: -112
} = {
  unknown: -1,
  disconnected: 0,
  noSyncConnected: 1,
  syncConnected: 3,
  authFailed: 4,
  connectedReadOnly: 5,
  saslAuthenticated: 6,
  closed: 7,
  expired: -112,
}

/** The `mode` of an addWatch request. */
export const AddWatchMode: {
  readonly persistent: 0
  readonly persistentRecursive: 1
} = {
  persistent: 0,
  persistentRecursive: 1,
}

/** The `type` of a checkWatches or removeWatches request. 4 and 5 since server 3.9.0. */
export const WatcherType: {
  readonly children: 1
  readonly data: 2
  readonly any: 3
  readonly persistent: 4
  readonly persistentRecursive: 5
} = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
}

/** Opcodes that no client sends. `error` is the type of a failed result in a multi; the others are transactions of the server's own. */
export const ServerOpCode: {
  readonly error: -1
  readonly createSession: -10
  readonly deleteContainer: 20
} = {
  error: -1,
  createSession: -10,
  deleteContainer: 20,
}
