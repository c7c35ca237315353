import { AddWatchMode, CreateFlag, op } from '@zookit/jute'
import { expect } from 'chai'
import { areas, cases, labelOf } from '../src/index.ts'

/** What servers answer to what clients can do on a server that is not specially set up; the others are listed below. */
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
  const missing = (kind: string, names: readonly string[]): string[] =>
    names.filter(name => !covered.has(`${kind}:${name}`))

  it('has a case for every operation', () => {
    expect(
      missing(
        'op',
        op.operations.map(({ name }) => name),
      ),
    ).to.deep.equal([])
  })

  it('has a case for every create mode', () => {
    expect(missing('mode', Object.keys(CreateFlag))).to.deep.equal([])
  })

  it('has a case for every kind of watch and every event that servers send', () => {
    expect(Object.keys(AddWatchMode)).to.have.length(2)
    expect(missing('watch', WATCHES)).to.deep.equal([])
    expect(missing('event', EVENTS)).to.deep.equal([])
  })

  it('has a case for every error that a client can provoke', () => {
    expect(missing('error', PROVOKED)).to.deep.equal([])
  })

  it('names nothing that there is not', () => {
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
