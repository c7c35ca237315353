import { TestEnsemble, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { describeQuorum, ensembleStatus } from '../src/index.ts'

describe('The status of two ensembles together', () => {
  let ensembles: TestEnsemble[]
  before(async () => {
    ensembles = [await TestEnsemble.start({ size: 3 }), await TestEnsemble.start({ size: 3 })]
  })
  after(async () => {
    for (const ensemble of ensembles) await ensemble.stop()
  })

  /** Returns the first member of each ensemble that has the role. */
  const membersOf = (...roles: string[]): string[] =>
    ensembles.map(({ members }, i) => members.find(({ role }) => role === roles[i])!.hosts)

  it('names two leaders', async () => {
    const [one, other] = membersOf('leader', 'leader')
    const { divided, healthy } = await ensembleStatus(`${one},${other}`)
    expect(divided).to.equal(`the servers are not one ensemble: ${one} and ${other} each lead one`)
    expect(healthy).to.equal(false)
  })

  it('knows a follower of another ensemble by its configuration', async () => {
    const [leader, stranger] = membersOf('leader', 'follower')
    const follower = ensembles[0]!.members.find(({ role }) => role === 'follower')!.hosts
    const { divided } = await ensembleStatus(`${leader},${follower},${stranger}`)
    expect(divided).to.match(/not one ensemble: that of .* and that of .* have no member in common$/)
    expect((await ensembleStatus(`${leader},${follower}`)).divided).to.equal(null)
  })

  it('tells of one server that stands alone beside an ensemble', async () => {
    await using alone = await TestServer.start()
    const { divided } = await ensembleStatus(`${ensembles[0]!.hosts},${alone.hosts}`)
    expect(divided).to.equal(`the servers are not one ensemble: ${alone.hosts} stands alone`)
  })
})

describe('A quorum in words', () => {
  it('has the singular where there is one', () => {
    const quorum = { has: true, from: 'hosts' } as const
    expect(describeQuorum({ ...quorum, voters: 1, needed: 1, serving: 1 })).to.equal(
      '1 of 1 voter serves, 1 is needed',
    )
    expect(describeQuorum({ ...quorum, voters: 3, needed: 2, serving: 2 })).to.equal(
      '2 of 3 voters serve, 2 are needed',
    )
  })
})
