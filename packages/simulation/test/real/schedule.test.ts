import { expect } from 'chai'
import { impossible, planFaults } from '../../src/real/schedule.ts'

const ALL = { namespaces: true, netem: true, rate: true, filter: true }
const NONE = { namespaces: false, netem: false, rate: false, filter: false }
const OPTIONS = { duration: 600_000, clients: 4, members: 3, sessionTimeout: 4000, abilities: ALL }

describe('The schedule of real faults', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(planFaults('7', OPTIONS)).to.deep.equal(planFaults('7', OPTIONS))
    expect(planFaults('7', OPTIONS)).not.to.deep.equal(planFaults('8', OPTIONS))
  })

  it('has every fault once before one comes again', () => {
    const kinds = planFaults('7', OPTIONS).map(({ kind }) => kind)
    const all = new Set(kinds)
    expect(all.size).to.equal(21)
    expect(new Set(kinds.slice(0, all.size))).to.deep.equal(all)
  })

  it('leaves out what a machine without namespaces cannot do', () => {
    const kinds = new Set(planFaults('7', { ...OPTIONS, abilities: NONE }).map(({ kind }) => kind))
    expect([...kinds]).to.include.members(['kill a member', 'freeze the leader', 'stop a client'])
    expect(impossible(NONE)).to.include.members([
      'cut a client off from a member',
      'lose packets of a member',
    ])
    for (const kind of impossible(NONE)) expect(kinds).not.to.include(kind)
  })

  it('loses packets with a packet filter where there is no netem', () => {
    expect(impossible({ ...ALL, netem: false })).to.deep.equal([])
    expect(impossible({ ...ALL, netem: false, filter: false })).to.have.lengthOf(2)
  })

  it('has faults that outlast the session and faults that do not', () => {
    const lasting = planFaults('7', OPTIONS).map(({ lasts }) => lasts)
    expect(lasting.some(each => each > OPTIONS.sessionTimeout)).to.equal(true)
    expect(lasting.some(each => each < OPTIONS.sessionTimeout)).to.equal(true)
  })

  it('begins no fault in the last tenth of the run', () => {
    for (const { at } of planFaults('7', OPTIONS)) expect(at).to.be.below(0.9 * OPTIONS.duration)
  })
})
