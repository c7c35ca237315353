import { AddWatchMode, CreateFlag, op } from '@zookit/jute'
import { expect } from 'chai'
import { areas, cases, labelOf } from '../src/index.ts'

/** The errors that a client can bring about on a server without a special setup. */
const PROVOKED = [
  'RUNTIME_INCONSISTENCY',
  'MARSHALLING_ERROR',
  'UNIMPLEMENTED',
  'BAD_ARGUMENTS',
  'NO_NODE',
  'NO_AUTH',
  'BAD_VERSION',
  'NO_CHILDREN_FOR_EPHEMERALS',
  'NODE_EXISTS',
  'NOT_EMPTY',
  'SESSION_EXPIRED',
  'INVALID_ACL',
  'AUTH_FAILED',
  'SESSION_MOVED',
  'NOT_READ_ONLY',
  'NO_WATCHER',
  'RECONFIG_DISABLED',
  'QUOTA_EXCEEDED',
]

const WATCHES = ['data', 'exist', 'child', 'persistent', 'recursive']
const EVENTS = ['nodeCreated', 'nodeDeleted', 'nodeDataChanged', 'nodeChildrenChanged']

describe('the conformance suite', () => {
  const covered = new Set(cases.flatMap(({ covers }) => covers))
  const expectCases = (kind: string, names: readonly string[]): void => {
    const missing = names
      .filter(name => !covered.has(`${kind}:${name}`))
      .map(name => `packages/conformance/src/cases: no case covers ${kind}:${name}`)
    expect(missing, missing.join('\n')).to.deep.equal([])
  }

  it('has a case for every operation', () => {
    expectCases(
      'op',
      op.operations.map(({ name }) => name),
    )
  })

  it('has a case for every create mode', () => {
    expectCases('mode', Object.keys(CreateFlag))
  })

  it('has a case for every kind of watch and every event that servers send', () => {
    expect(Object.keys(AddWatchMode)).to.have.length(2)
    expectCases('watch', WATCHES)
    expectCases('event', EVENTS)
  })

  it('has a case for every error that a client can provoke', () => {
    expectCases('error', PROVOKED)
  })

  it('names only operations, modes, watches, events and errors that exist', () => {
    const known = new Set([
      ...op.operations.map(({ name }) => `op:${name}`),
      ...Object.keys(CreateFlag).map(name => `mode:${name}`),
      ...WATCHES.map(name => `watch:${name}`),
      ...EVENTS.map(name => `event:${name}`),
      ...PROVOKED.map(name => `error:${name}`),
    ])
    expect([...covered].filter(name => !known.has(name) && !name.startsWith('word:'))).to.deep.equal([])
  })

  it('has cases in every area, with titles of their own and a reference each', () => {
    expect(areas.filter(area => !cases.some(each => each.area === area))).to.deep.equal([])
    expect(new Set(cases.map(labelOf)).size).to.equal(cases.length)
    expect(cases.filter(({ reference }) => reference === '')).to.deep.equal([])
  })
})
