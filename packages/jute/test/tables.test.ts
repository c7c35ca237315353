import { isReached } from '@zookit/test-fixtures/release'
import { expect } from 'chai'
import * as jute from '../src/index.ts'
import {
  AddWatchMode,
  CreateFlag,
  ErrorNumber,
  EventType,
  errorTable,
  KeeperState,
  op,
  Perm,
  WatcherType,
  Xid,
} from '../src/index.ts'
import { spec } from './support/arbitraries.ts'
import { fixtures, rowOf } from './support/wire.ts'

const REPLY_HEADER = 16

/** The release whose source the lists below come from. A row of a later release is none of theirs. */
const SOURCE = '3.9.4'

/** The opcodes of Apache's ZooDefs.OpCode that clients send. */
const OPCODES = {
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

/** Apache's KeeperException.Code, and the four that only the C client has (-9, -15, -116, -117). */
const ERRORS = {
  SystemError: -1,
  RuntimeInconsistency: -2,
  DataInconsistency: -3,
  ConnectionLoss: -4,
  MarshallingError: -5,
  Unimplemented: -6,
  OperationTimeout: -7,
  BadArguments: -8,
  InvalidState: -9,
  UnknownSession: -12,
  NewConfigNoQuorum: -13,
  ReconfigInProgress: -14,
  SSLConnectionError: -15,
  APIError: -100,
  NoNode: -101,
  NoAuth: -102,
  BadVersion: -103,
  NoChildrenForEphemerals: -108,
  NodeExists: -110,
  NotEmpty: -111,
  SessionExpired: -112,
  InvalidCallback: -113,
  InvalidACL: -114,
  AuthFailed: -115,
  Closing: -116,
  Nothing: -117,
  SessionMoved: -118,
  NotReadOnly: -119,
  EphemeralOnLocalSession: -120,
  NoWatcher: -121,
  RequestTimeout: -122,
  ReconfigDisabled: -123,
  SessionClosedRequireSaslAuth: -124,
  QuotaExceeded: -125,
  ThrottledOp: -127,
}

const rows = op.operations.filter(row => isReached(row.since, SOURCE))

/** Returns the names of the rows for which `holds`. */
function where(holds: (row: jute.AnyOperation) => boolean): string[] {
  return rows.filter(holds).map(row => row.name)
}

describe('the table of operations', () => {
  it('holds every opcode that clients send, under its name', () => {
    expect(Object.fromEntries(rows.map(row => [row.name, row.code]))).to.deep.equal(OPCODES)
  })

  it('exports every row under its name', () => {
    const { operations: _, ...named } = op
    expect(Object.keys(named).sort()).to.deep.equal(op.operations.map(row => row.name).sort())
    for (const [name, row] of Object.entries(named)) expect(row.name).to.equal(name)
  })

  it('says which operations have a reserved xid', () => {
    const reserved = Object.fromEntries(rows.filter(row => row.xid !== 0).map(row => [row.name, row.xid]))
    expect(reserved).to.deep.equal({ ping: -2, auth: -4, setWatches: -8, setWatches2: -8 })
  })

  it('says which operations leave a watch, and which error is an answer', () => {
    const watches = Object.fromEntries(rows.filter(row => row.watch).map(row => [row.name, row.watch]))
    expect(watches).to.deep.equal({
      exists: 'exist',
      getData: 'data',
      getChildren: 'child',
      getChildren2: 'child',
      addWatch: 'mode',
    })
    expect(where(row => row.noneOn !== 0)).to.deep.equal(['exists'])
    expect(op.exists.noneOn).to.equal(ERRORS.NoNode)
  })

  it('reads an answer that is a field of the response, the whole response, or nothing', () => {
    for (const call of fixtures.calls) {
      const row = rowOf(call.opcode)
      if (row === undefined || call.expect?.err !== 0) continue
      const body = call.reply!.subarray(REPLY_HEADER)
      const response = row.readResponse(new jute.Reader(body)) as Record<string, unknown> | null
      const { answer } = row
      const expected = answer === null ? undefined : answer === '*' ? response : response![answer]
      expect(row.readAnswer(new jute.Reader(body)), call.name).to.deep.equal(expected)
    }
  })

  it('says what changes the tree, and what concerns the session alone', () => {
    expect(where(row => row.kind === 'session').sort()).to.deep.equal(
      ['auth', 'closeSession', 'ping', 'sasl', 'setWatches', 'setWatches2'].sort(),
    )
    expect(where(row => row.kind === 'write').sort()).to.deep.equal(
      [
        ...['check', 'create', 'create2', 'createContainer', 'createTTL', 'delete'],
        ...['multi', 'reconfig', 'setACL', 'setData'],
      ].sort(),
    )
  })

  it('says which fields of a response are paths: all that have such a name', () => {
    for (const { name, response } of spec.operations) {
      const fields = spec.records.find(record => record.name === response)?.fields ?? []
      const paths = fields.map(field => field.name).filter(field => /^(path|ephemerals)$/.test(field))
      expect(op.operations.find(row => row.name === name)!.responsePaths, name).to.deep.equal(paths)
    }
    expect(where(row => row.responsePaths.length > 0).sort()).to.deep.equal(
      ['create', 'create2', 'createContainer', 'createTTL', 'getEphemerals', 'sync'].sort(),
    )
  })

  it('writes and reads nothing where there is no body', () => {
    const writer = new jute.Writer()
    for (const row of [op.ping, op.closeSession, op.whoAmI]) {
      row.writeRequest(writer, null)
      expect(row.readRequest(new jute.Reader())).to.equal(null)
    }
    op.delete.writeResponse(writer, null)
    expect(op.delete.readResponse(new jute.Reader())).to.equal(null)
    expect(writer.offset).to.equal(0)
  })
})

describe('the table of errors', () => {
  it('holds every number that ZooKeeper has, under its name', () => {
    expect(Object.fromEntries(errorTable.map(row => [row.name, row.number]))).to.deep.equal(ERRORS)
  })

  it('has its numbers under their codes too', () => {
    const { OK, ...numbers } = ErrorNumber
    expect(OK).to.equal(0)
    expect(numbers).to.deep.equal(Object.fromEntries(errorTable.map(({ code, number }) => [code, number])))
  })

  it('has a code for each, and no code or number twice', () => {
    expect(new Set(errorTable.map(row => row.code)).size).to.equal(errorTable.length)
    expect(new Set(errorTable.map(row => row.number)).size).to.equal(errorTable.length)
    for (const row of errorTable) {
      expect(row.code).to.match(/^[A-Z]+(_[A-Z]+)*$/)
      expect(row.message).to.match(/^[a-z].*[^.]$/)
    }
  })

  it('never calls a request refused that may have been applied', () => {
    const unknown = errorTable.filter(row => row.outcome === 'unknown').map(row => row.name)
    expect(unknown).to.include.members([
      'ConnectionLoss',
      'OperationTimeout',
      'RequestTimeout',
      'SystemError',
    ])
    const refused = errorTable.filter(row => row.outcome === 'rejected').map(row => row.name)
    expect(refused).to.include.members(['NoNode', 'BadVersion', 'NodeExists', 'NoAuth', 'ThrottledOp'])
  })
})

describe('the constants', () => {
  it("are Apache's", () => {
    expect(Xid).to.deep.equal({ notification: -1, ping: -2, auth: -4, setWatches: -8 })
    expect(Perm).to.deep.equal({ READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 })
    expect(Object.values(CreateFlag)).to.deep.equal([0, 1, 2, 3, 4, 5, 6])
    expect(Object.values(EventType)).to.deep.equal([-1, 1, 2, 3, 4, 5, 6, 7])
    expect(Object.values(KeeperState).sort((a, b) => a - b)).to.deep.equal([-112, -1, 0, 1, 3, 4, 5, 6, 7])
    expect(AddWatchMode).to.deep.equal({ persistent: 0, persistentRecursive: 1 })
    expect(Object.values(WatcherType)).to.deep.equal([1, 2, 3, 4, 5])
  })

  it('spell the create modes as the client takes them', () => {
    expect(Object.keys(CreateFlag)).to.deep.equal([
      'persistent',
      'ephemeral',
      'persistent-sequential',
      'ephemeral-sequential',
      'container',
      'ttl',
      'ttl-sequential',
    ])
  })
})
