import { expect } from 'chai'
import { trespass } from '../src/checkers/kept-znodes.ts'
import type { Commit } from '../src/history.ts'

const PATH = '/kept/n'
const [ANN, BOB, CID] = [1n, 2n, 3n]

/** A change of the path: its zxid, the session that made it, and its type. */
type Row = readonly [zxid: number, session: bigint, type: Commit['type']]

/** Returns the creation that the last of these changes has trespassed on. */
function found(...rows: readonly Row[]): Commit | null {
  const changes = rows.map(
    ([zxid, sessionId, type]): Commit => ({
      zxid: BigInt(zxid),
      sessionId,
      type,
      path: PATH,
      data: null,
      at: zxid,
    }),
  )
  return trespass(changes, changes.at(-1)!)
}

function replacement(zxid: number, session: bigint): Row[] {
  return [
    [zxid, session, 'delete'],
    [zxid, session, 'create'],
    [zxid, session, 'setData'],
  ]
}

describe("A change of another's kept znode", () => {
  it('is a trespass on a znode that the session never had', () => {
    expect(found([1, BOB, 'create'], [2, ANN, 'setData'])).to.include({ zxid: 1n, sessionId: BOB })
    expect(found([1, BOB, 'create'], [2, ANN, 'delete'])).to.include({ zxid: 1n })
  })

  it('is a trespass on the replacement of its own znode, whose versions go on', () => {
    expect(found([1, ANN, 'create'], ...replacement(2, BOB), [3, ANN, 'setData'])).to.include({ zxid: 2n })
    const twice = [...replacement(2, BOB), ...replacement(3, CID)]
    expect(found([1, ANN, 'create'], ...twice, [4, ANN, 'delete'])).to.include({ zxid: 3n })
  })

  it('may meet a znode that was made where its own one had been deleted', () => {
    expect(found([1, ANN, 'create'], [2, CID, 'delete'], [3, BOB, 'create'], [4, ANN, 'setData'])).to.equal(
      null,
    )
  })

  it('may meet the replacement of such a znode', () => {
    const anew: Row[] = [
      [1, ANN, 'create'],
      [2, CID, 'delete'],
      [3, BOB, 'create'],
    ]
    expect(found(...anew, ...replacement(4, CID), [5, ANN, 'setData'])).to.equal(null)
    const twice = [...replacement(4, CID), ...replacement(5, BOB)]
    expect(found(...anew, ...twice, [6, ANN, 'delete'])).to.equal(null)
  })

  it('is none where the znode is its own, or is being replaced', () => {
    expect(found([1, ANN, 'create'], [2, ANN, 'setData'])).to.equal(null)
    expect(found([1, ANN, 'create'], ...replacement(2, BOB))).to.equal(null)
    expect(found([1, ANN, 'create'])).to.equal(null)
  })
})
