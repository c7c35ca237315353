import { expect } from 'chai'
import { violationsOf } from '../../src/real/checks/all.ts'
import type { Evidence } from '../../src/real/checks/evidence.ts'
import { checkShown } from '../../src/real/checks/tree.ts'
import type { Entry } from '../../src/real/entries.ts'
import type { Fault } from '../../src/real/inflict.ts'
import { historyOf } from '../../src/real/truth/ensemble-history.ts'
import type { TreeNode } from '../../src/real/truth/tree.ts'
import type { LoggedTransaction } from '../../src/real/truth/txn-record.ts'

const A = '/registers/a'
const LOCK = '/locks/a'

/** A transaction that was committed at a time. */
function committed(
  zxid: number,
  type: 'create' | 'setData' | 'delete',
  path: string,
  data = '',
): LoggedTransaction {
  const bytes = Buffer.from(data)
  const change =
    type === 'delete'
      ? { type, path }
      : type === 'create'
        ? { type, path, data: bytes, owner: 0n }
        : { type, path, data: bytes }
  return { zxid: BigInt(zxid), sessionId: 1n, type: 'write', time: zxid, changes: [change] }
}

function nodes(found: Record<string, Partial<TreeNode>>): Map<string, TreeNode> {
  const node = { data: null, mzxid: '1', ephemeralOwner: 0n }
  return new Map(Object.entries(found).map(([path, each]) => [path, { ...node, ...each }]))
}

interface Given {
  readonly log?: readonly LoggedTransaction[]
  readonly ann?: readonly Entry[]
  readonly bob?: readonly Entry[]
  readonly quiet?: Record<string, Partial<TreeNode>>
  readonly after?: Record<string, Partial<TreeNode>>
  readonly faults?: readonly Fault[]
}

/** Returns what the checks find in a run. Ann and Bob are clients with one process each. */
function found({ log = [], ann = [], bob = [], quiet = {}, after = {}, faults = [] }: Given): string[] {
  const evidence: Evidence = {
    ...historyOf(log, 0),
    histories: [
      { client: 'ann', life: 1, entries: ann },
      { client: 'bob', life: 1, entries: bob },
    ],
    faults,
    quiet: nodes(quiet),
    after: nodes(after),
    secureClient: 'bob',
    secureServers: new Map([['10.0.0.1:2281', 'member 1']]),
  }
  return violationsOf(evidence)
}

function swap(id: number, token: string, expected: string, at: number): Entry {
  return { kind: 'call', id, at, load: 'registers', action: 'swap', path: A, token, expected }
}

const put = (id: number, token: string): Entry => ({
  kind: 'call',
  id,
  at: id,
  load: 'queues',
  action: 'put',
  path: '/queue',
  token,
})

const applied = (id: number, at: number): Entry => ({ kind: 'end', id, at, outcome: 'applied' })

describe('The checks of a run on real servers', () => {
  it('find nothing in a run without a fault', () => {
    const log = [
      committed(10, 'create', A, 'first'),
      committed(20, 'setData', A, 'x'),
      committed(30, 'setData', A, 'y'),
    ]
    const ann = [swap(1, 'x', 'first', 15), applied(1, 22)]
    const bob = [swap(1, 'y', 'x', 25), applied(1, 32)]
    expect(found({ log, ann, bob })).to.deep.equal([])
  })

  it('find an acknowledged write that is lost', () => {
    const [violation] = found({ ann: [swap(1, 'x', 'first', 15), applied(1, 22)] })
    expect(violation).to.equal(`setData ${A} of ann#1 to x was told success, and was not applied`)
  })

  it('find a write that was applied, and is said not to have been sent', () => {
    const ann: Entry[] = [swap(1, 'x', 'first', 15), { kind: 'end', id: 1, at: 22, outcome: 'not-sent' }]
    const [violation] = found({ log: [committed(20, 'setData', A, 'x')], ann })
    expect(violation).to.equal(`setData ${A} of ann#1 to x was told not-sent, and was applied`)
  })

  it('find a write that was applied twice', () => {
    const ann: Entry[] = [
      { kind: 'call', id: 1, at: 15, load: 'caches', action: 'setData', path: '/tree/a', token: 'x' },
    ]
    const log = [committed(20, 'setData', '/tree/a', 'x'), committed(21, 'setData', '/tree/a', 'x')]
    expect(found({ log, ann })).to.deep.equal(['setData /tree/a of ann#1 with x was applied 2 times'])
  })

  it('find a write that replaced what its caller had not read', () => {
    const log = [committed(20, 'setData', A, 'y'), committed(21, 'setData', A, 'x')]
    const [violation] = found({ log, ann: [swap(1, 'x', 'first', 15)], bob: [swap(1, 'y', 'first', 15)] })
    expect(violation).to.include('has replaced y, where first had been read')
  })

  it('find a client that has read an older state than before', () => {
    const ann: Entry[] = ['9', '8'].map((mzxid, at) => ({ kind: 'seen', at, path: A, mzxid }))
    expect(found({ ann })[0]).to.include('has seen /registers/a at 8, after it had seen or made it at 9')
  })

  it('find two certain holders of a lock, and a token that went back', () => {
    const hold = (token: string, from: number, to: number): Entry[] => [
      { kind: 'grant', id: 1, at: from, path: LOCK, token, session: '1' },
      { kind: 'held', id: 1, at: from },
      { kind: 'held', id: 1, at: to },
    ]
    expect(found({ ann: hold('5', 10, 20), bob: hold('6', 21, 30) })).to.deep.equal([])
    expect(found({ ann: hold('5', 10, 20), bob: hold('6', 15, 30) })[0]).to.include(
      'is certainly held by ann#1',
    )
    expect(found({ ann: hold('5', 10, 20), bob: hold('4', 21, 30) })[0]).to.include('after 5 was given out')
  })

  it('find a write with an older token at what a lock protects', () => {
    const log = [committed(1, 'setData', '/resources/a', '7'), committed(2, 'setData', '/resources/a', '6')]
    expect(found({ log })[0]).to.equal('/resources/a was written with token 6, after it had been with 7')
  })

  it('find an item of a queue that is lost, and one that comes back', () => {
    const ann = [put(1, 'x'), applied(1, 5)]
    expect(found({ ann, quiet: { '/queue/items/1': { data: 'x' } } })).to.deep.equal([])
    expect(found({ ann })).to.deep.equal(['x was put in, and is lost'])
    const completed: Entry[] = [
      ...ann,
      { kind: 'call', id: 2, at: 6, load: 'queues', action: 'complete', path: '/queue', token: 'x' },
      applied(2, 7),
    ]
    expect(found({ ann: completed })).to.deep.equal([])
    expect(found({ ann: completed, quiet: { '/queue/items/1': { data: 'x' } } })[0]).to.include(
      'is in the queue',
    )
  })

  it('find a session that is certain though it has ended', () => {
    const log: LoggedTransaction[] = [
      { zxid: 1n, sessionId: 5n, type: 'closeSession', time: 1000, changes: [] },
    ]
    expect(found({ log, ann: [{ kind: 'certain', at: 1200, session: '5' }] })).to.deep.equal([])
    const [violation] = found({ log, ann: [{ kind: 'certain', at: 1300, session: '5' }] })
    expect(violation).to.equal('ann#1 was certain of session 5, 300 ms after its end')
  })

  it('find a connection to a server whose certificate has expired', () => {
    const ann: Entry[] = [
      { kind: 'state', at: 50, state: 'connected', session: '1', server: '10.0.0.1:2281' },
    ]
    const times = { from: 0, since: 10, until: 90, to: 100 }
    const faults: Fault[] = [{ kind: 'show an expired certificate', who: 'member 1', ...times }]
    expect(found({ ann, faults })).to.deep.equal([])
    expect(found({ bob: ann, faults })[0]).to.include('whose certificate has expired')
  })

  it('find what clients have left behind', () => {
    const after = { '/services/web/ann': { ephemeralOwner: 5n }, '/locks/a/lock-1': {} }
    expect(found({ after })[0]).to.include('there is /services/web/ann, /locks/a/lock-1')
  })
})

describe('The check of watches of a run on real servers', () => {
  const PATH = '/watched/a'
  const begun: Entry = { kind: 'resync', at: 1, reason: 'begun' }
  const event = (at: number, zxid: string): Entry => ({
    kind: 'event',
    at,
    type: 'changed',
    path: PATH,
    zxid,
  })
  const log = [10, 20, 30].map(zxid => committed(zxid, 'setData', PATH))

  it('finds a change that was never told of', () => {
    expect(found({ log, ann: [begun, event(11, '10'), event(21, '20'), event(31, '30')] })).to.deep.equal([])
    const [violation] = found({ log, ann: [begun, event(11, '10'), event(31, '30')] })
    expect(violation).to.equal(`the watch of ann#1 was never told of the setData of ${PATH} at 20`)
  })

  it('takes a gap that is told for the changes before it, and for none after a later event', () => {
    const gap = (at: number): Entry => ({ kind: 'resync', at, reason: 'reconnected' })
    expect(found({ log, ann: [begun, event(11, '10'), gap(25), event(31, '30')] })).to.deep.equal([])
    expect(found({ log, ann: [begun, event(11, '10'), event(31, '30'), gap(35)] })[0]).to.include('at 20')
  })

  it('finds an event that came twice', () => {
    const ann = [begun, event(11, '10'), event(12, '10'), event(21, '20'), event(31, '30')]
    expect(found({ log, ann })[0]).to.include('was told twice')
  })

  it('takes events that name no change, as servers before 3.9 send them, for the changes before them', () => {
    expect(found({ log, ann: [begun, event(11, '-1'), event(31, '-1')] })).to.deep.equal([])
    expect(found({ log, ann: [begun, event(11, '-1')] })[0]).to.include('at 20')
  })
})

describe('The check of what clients show on real servers', () => {
  const tree = nodes({ '/tree': {}, '/tree/a': { data: 'x' }, '/services/web/ann-1': {} })
  const reports = {
    watches: { chain: null },
    caches: { tree: { '/tree': null, '/tree/a': 'x' }, children: { '/tree/a': 'x' } },
    discovery: ['ann-1'],
  }

  it('holds when they show the tree', () => {
    checkShown('ann', reports, tree)
  })

  it('finds a cache that shows another tree', () => {
    const caches = { ...reports.caches, tree: { '/tree': null, '/tree/a': 'y' } }
    expect(() => checkShown('ann', { ...reports, caches }, tree)).to.throw('the TreeCache of ann shows')
  })

  it('finds a service with an instance too few, and a chain of watches that has ended', () => {
    expect(() => checkShown('ann', { ...reports, discovery: [] }, tree)).to.throw('ann sees the instances []')
    const later = new Map([...tree, ['/watched/chain', { data: null, mzxid: '9', ephemeralOwner: 0n }]])
    expect(() => checkShown('ann', reports, later)).to.throw('have read null last')
  })
})
