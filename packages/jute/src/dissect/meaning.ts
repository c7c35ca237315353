import { operationLayouts } from '../generated/operation-layouts.ts'
import {
  AddWatchMode,
  CreateFlag,
  EventType,
  errorTable,
  KeeperState,
  Perm,
  WatcherType,
  Xid,
} from '../index.ts'
import type { FieldValue } from './types.ts'

const ERRORS = new Map<number, string>(errorTable.map(row => [row.number, row.code]))

/** The meaning of numbers, by record and field. */
const MEANINGS: ReadonlyMap<string, (value: number) => string> = new Map([
  ['RequestHeader.xid', special],
  ['ReplyHeader.xid', special],
  ['RequestHeader.type', operationName],
  ['ReplyHeader.err', errorName],
  ['ErrorResponse.err', errorName],
  ['MultiHeader.type', multiType],
  ['WatcherEvent.type', namesOf(EventType, 'unknown event type')],
  ['WatcherEvent.state', namesOf(KeeperState, 'unknown state')],
  ['CreateRequest.flags', namesOf(CreateFlag, 'unknown create mode')],
  ['CreateTTLRequest.flags', namesOf(CreateFlag, 'unknown create mode')],
  ['AddWatchRequest.mode', namesOf(AddWatchMode, 'unknown watch mode')],
  ['CheckWatchesRequest.type', namesOf(WatcherType, 'unknown watcher type')],
  ['RemoveWatchesRequest.type', namesOf(WatcherType, 'unknown watcher type')],
  ['DeleteRequest.version', anyVersion],
  ['SetDataRequest.version', anyVersion],
  ['SetACLRequest.version', anyVersion],
  ['CheckVersionRequest.version', anyVersion],
  ['ACL.perms', permissions],
  ['Stat.ctime', date],
  ['Stat.mtime', date],
  ['ConnectResponse.timeOut', value => (value <= 0 ? 'the session is gone' : '')],
])

/** Returns the meaning of the value of a record's field; empty where it has none. */
export function meaningOf(record: string, field: string, value: FieldValue): string {
  return typeof value === 'number' ? (MEANINGS.get(`${record}.${field}`)?.(value) ?? '') : ''
}

function namesOf(constants: { readonly [name: string]: number }, unknown: string): (value: number) => string {
  const names = new Map(Object.entries(constants).map(([name, value]) => [value, name]))
  return value => names.get(value) ?? unknown
}

function special(xid: number): string {
  return namesOf(Xid, '')(xid)
}

function operationName(opcode: number): string {
  return operationLayouts.get(opcode)?.name ?? 'unknown opcode'
}

function errorName(err: number): string {
  return err === 0 ? 'OK' : (ERRORS.get(err) ?? 'unknown error')
}

function multiType(type: number): string {
  return type === -1 ? '' : operationName(type)
}

function anyVersion(version: number): string {
  return version === -1 ? 'any' : ''
}

function permissions(perms: number): string {
  const { ALL, ...bits } = Perm
  if (perms === ALL) return 'ALL'
  const names = Object.entries(bits).filter(([, bit]) => (perms & bit) !== 0)
  return names.map(([name]) => name).join('|')
}

function date(milliseconds: number): string {
  const time = new Date(milliseconds)
  return Number.isNaN(time.getTime()) ? '' : time.toISOString()
}
