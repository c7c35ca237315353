import {
  atLeast,
  bytes,
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

const SWITCH = [flag]
const MILLISECONDS = [atLeast(0)]
/** The matcher of requests, which the fault checks. */
const MATCHER = [checkedLater]

/** The checks of the arguments of a server's control, by method. */
export const CONTROL_CALLS = {
  dropConnections: [optional(resetOptions)],
  dropConnection: [sessionId, optional(resetOptions)],
  closeNewConnections: SWITCH,
  acceptAndStaySilent: SWITCH,
  blackhole: SWITCH,
  stopReading: SWITCH,
  loseNextReply: MATCHER,
  dropNextRequest: MATCHER,
  closeMidFrame: MATCHER,
  garbleNextReply: [checkedLater, bytes],
  holdNextReply: MATCHER,
  answerWith: [checkedLater, checkedLater, checkedLater],
  rejectSetWatches: [optional(integer), optional(whole(1))],
  throttle: SWITCH,
  delayReplies: MILLISECONDS,
  holdReplies: [],
  releaseReplies: [],
  splitBytes: [whole(0)],
  drip: MILLISECONDS,
  coalesce: MILLISECONDS,
  sendRaw: [sessionId, bytes],
  expireSession: [sessionId],
  swapSessionIds: SWITCH,
  clearFaults: [],
  freezeTime: [],
  resumeTime: [],
  advance: MILLISECONDS,
  requests: [],
  clearRequests: [],
  sessions: [],
  connections: [],
  watches: [],
  seed: [record],
  setSequence: [text, whole(0)],
  dump: [],
}

/** The checks of the arguments of a member, by method. */
export const MEMBER_CALLS = {
  listen: [],
  stop: [],
  start: [],
  restart: [],
  refuseConnections: [flag],
  stall: [],
  catchUp: [],
  cut: [],
  heal: [],
  becomeLeader: [],
}

/** The checks of the arguments of an ensemble, by method. `partition` takes any number of parts. */
export const ENSEMBLE_CALLS = {
  addServer: [optional(record)],
  member: [checkedLater],
  heal: [],
  seed: [record],
  freezeTime: [],
  resumeTime: [],
  advance: [atLeast(0)],
  stop: [],
}

/** The checks of the arguments of a standalone server, by method. */
export const SERVER_CALLS = { stop: [], restart: [], refuseConnections: SWITCH, setReadOnly: SWITCH }
