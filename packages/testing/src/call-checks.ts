import {
  atLeast,
  bytes,
  type Check,
  checkedLater,
  flag,
  integer,
  optional,
  record,
  resetOptions,
  sessionId,
  text,
  whole,
} from './arguments.ts'

/** The checks of the arguments of a method. */
type Checks = readonly Check[]

const SWITCH: Checks = [flag]
const MILLISECONDS: Checks = [atLeast(0)]
/** The matcher of requests, which the fault checks. */
const MATCHER: Checks = [checkedLater]

/** The checks of the arguments of a server's control, by method. */
export const CONTROL_CALLS = {
  dropConnections: [optional(resetOptions)] as Checks,
  dropConnection: [sessionId, optional(resetOptions)] as Checks,
  closeNewConnections: SWITCH as Checks,
  acceptAndStaySilent: SWITCH as Checks,
  blackhole: SWITCH as Checks,
  stopReading: SWITCH as Checks,
  loseNextReply: MATCHER as Checks,
  dropNextRequest: MATCHER as Checks,
  closeMidFrame: MATCHER as Checks,
  garbleNextReply: [checkedLater, bytes] as Checks,
  holdNextReply: MATCHER as Checks,
  answerWith: [checkedLater, checkedLater, checkedLater] as Checks,
  rejectSetWatches: [optional(integer), optional(whole(1))] as Checks,
  throttle: SWITCH as Checks,
  delayReplies: MILLISECONDS as Checks,
  holdReplies: [] as Checks,
  releaseReplies: [] as Checks,
  splitBytes: [whole(0)] as Checks,
  drip: MILLISECONDS as Checks,
  coalesce: MILLISECONDS as Checks,
  sendRaw: [sessionId, bytes] as Checks,
  expireSession: [sessionId] as Checks,
  swapSessionIds: SWITCH as Checks,
  clearFaults: [] as Checks,
  freezeTime: [] as Checks,
  resumeTime: [] as Checks,
  advance: MILLISECONDS as Checks,
  requests: [] as Checks,
  clearRequests: [] as Checks,
  sessions: [] as Checks,
  connections: [] as Checks,
  watches: [] as Checks,
  seed: [record] as Checks,
  setSequence: [text, whole(0)] as Checks,
  dump: [] as Checks,
}

/** The checks of the arguments of a member, by method. */
export const MEMBER_CALLS = {
  listen: [] as Checks,
  stop: [] as Checks,
  start: [] as Checks,
  restart: [] as Checks,
  refuseConnections: [flag] as Checks,
  stall: [] as Checks,
  catchUp: [] as Checks,
  cut: [] as Checks,
  heal: [] as Checks,
  becomeLeader: [] as Checks,
}

/** The checks of the arguments of an ensemble, by method. `partition` takes any number of parts. */
export const ENSEMBLE_CALLS = {
  addServer: [optional(record)] as Checks,
  member: [checkedLater] as Checks,
  heal: [] as Checks,
  seed: [record] as Checks,
  freezeTime: [] as Checks,
  resumeTime: [] as Checks,
  advance: [atLeast(0)] as Checks,
  stop: [] as Checks,
}

/** The checks of the arguments of a standalone server, by method. */
export const SERVER_CALLS = {
  stop: [] as Checks,
  restart: [] as Checks,
  refuseConnections: SWITCH as Checks,
  setReadOnly: SWITCH as Checks,
}
