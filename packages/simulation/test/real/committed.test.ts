import { expect } from 'chai'
import { committedBy } from '../../src/real/truth/committed.ts'
import { ledEpochsIn, type MemberRecord } from '../../src/real/truth/member-record.ts'
import type { LoggedChange, LoggedTransaction } from '../../src/real/truth/txn-record.ts'
import { checkVersions } from '../../src/real/truth/versions.ts'
import { create, transaction } from './support/transactions.ts'

/** An epoch, and the number of a transaction in it. */
type Place = readonly [number, number]

const [A1, A2, B1, C1] = [
  [1, 1],
  [1, 2],
  [2, 1],
  [3, 1],
] as const

/** Returns the zxid of a place. */
function zxidOf([epoch, counter]: Place): bigint {
  return (BigInt(epoch) << 32n) + BigInt(counter)
}

interface Given {
  readonly logged: readonly Place[]
  readonly snapshots?: readonly Place[]
  readonly led?: readonly number[]
}

function member({ logged, snapshots = [], led = [] }: Given): MemberRecord {
  const bytes = logged.map(place => transaction(zxidOf(place), 1, create('/a', false)))
  return {
    transactions: () => bytes,
    snapshots: snapshots.map(place => Number(zxidOf(place))),
    ledEpochs: led,
  }
}

/** Returns the places of what members have committed. */
function committed(...members: readonly Given[]): Place[] {
  return committedBy(members.map(member)).map(({ zxid }) => [Number(zxid >> 32n), Number(zxid & 0xffffffffn)])
}

describe('The transactions that an ensemble has committed', () => {
  it('are those of all logs, each once and in order', () => {
    expect(committed({ logged: [A2, A1, A2], led: [1] }, { logged: [A2] })).to.deep.equal([A1, A2])
  })

  it('have one that a single member has logged, which led the next epoch with it', () => {
    const leader = { logged: [A1, A2, B1], led: [1, 2] }
    const behind = { logged: [B1], snapshots: [[2, 0] as const] }
    expect(committed(leader, behind, behind)).to.deep.equal([A1, A2, B1])
  })

  it('have one of which the next leader had a snapshot of the tree alone', () => {
    const leader = { logged: [A1, B1], snapshots: [A2], led: [2] }
    expect(committed(leader, { logged: [A1, A2], led: [1] })).to.deep.equal([A1, A2, B1])
  })

  it('lack what was logged, and not known to the next leader', () => {
    const old = { logged: [A1, A2], led: [1] }
    expect(committed(old, { logged: [A1, B1], led: [2] })).to.deep.equal([A1, B1])
  })

  it('lack what a leader never knew, though it led another epoch before', () => {
    const first = { logged: [A1, A2, C1], snapshots: [B1], led: [1, 3] }
    expect(committed(first, { logged: [A1, B1], led: [2] })).to.deep.equal([A1, B1, C1])
  })

  it('have all that any member has logged of the last leader', () => {
    expect(committed({ logged: [A1], led: [1] }, { logged: [A1, A2] })).to.deep.equal([A1, A2])
  })

  it('are not known where no member tells that it led', () => {
    expect(() => committed({ logged: [A1, B1], led: [1] })).to.throw(
      "no member's log tells of the leader of epoch 2",
    )
  })
})

describe('The words of a member', () => {
  it('tell of the epochs in which a majority followed it, and of no others', () => {
    const log = [
      '12 [QuorumPeer] INFO Leader - LEADING - LEADER ELECTION TOOK - 2 MS',
      '17 [QuorumPeer] INFO Leader - Have quorum of supporters, sids: [[1, 3]]; starting up and setting last processed zxid: 0x100000000',
      '2026-11-28 17:24:52,495 INFO  [QuorumPeer:o.a.z.s.q.Leader] - Have quorum of supporters, sids: [[1, 2],[1, 2]]; starting up and setting last processed zxid: 0x1f00000000',
      '18 [QuorumPeer] INFO Learner - Getting a diff from the leader 0x200000000',
    ].join('\n')
    expect(ledEpochsIn(log)).to.deep.equal([1, 31])
  })
})

describe('The check of versions', () => {
  const made = (
    number: bigint,
    type: 'create' | 'setData' | 'delete',
    version?: number,
  ): LoggedTransaction => {
    const change = { type, path: '/a', data: null, owner: 0n, ...(version !== undefined && { version }) }
    return { zxid: number, sessionId: 1n, type: 'write', time: 0, changes: [change as LoggedChange] }
  }

  it('finds nothing where each follows the one before, also in a znode that is made again', () => {
    const again = [made(4n, 'delete'), made(5n, 'create'), made(6n, 'setData', 1)]
    checkVersions([made(1n, 'create'), made(2n, 'setData', 1), made(3n, 'setData', 2), ...again])
  })

  it('finds a write that is missing, and one too many', () => {
    const told = (...versions: readonly number[]): (() => void) => {
      const writes = versions.map((version, index) => made(BigInt(index + 2), 'setData', version))
      return () => checkVersions([made(1n, 'create'), ...writes])
    }
    expect(told(1, 3)).to.throw('version 3 of /a at 3, where version 1 was there')
    expect(told(1, 1)).to.throw('version 1 of /a at 3, where version 1 was there')
  })
})
