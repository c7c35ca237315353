import { findTargets } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { Ledger } from './contention/ledger.ts'
import { runContention } from './contention/run.ts'
import type { ServerKind } from './contention/servers.ts'

const SLICE = { seconds: 3, processes: 3, contenders: 12 }
const hasReal = (await findTargets()).length > 0
const slices: { servers: ServerKind; seed: number }[] = [{ servers: 'memory', seed: 6 }]
if (hasReal) slices.push({ servers: 'real', seed: 3 })

describe('Contenders in several processes', function () {
  this.timeout(180_000)

  for (const { servers, seed } of slices) {
    it(`Z6 T5 never act with an older token than an accepted one, and all end, on three ${servers} servers`, async () => {
      const report = await runContention({ ...SLICE, servers, seed })
      expect(report.violations, JSON.stringify(report)).to.deep.equal([])
      expect(report.left).to.equal(0)
      expect(report.grants).to.be.greaterThan(10)
      expect(report.strikes).to.include.keys('cut')
    })
  }
})

describe('A resource with fencing', () => {
  it('refuses a token lower than one it has accepted, and reports the overtaken holder', () => {
    const ledger = new Ledger()
    expect(ledger.enter(5n)).to.deep.equal({ accepted: true, overtaken: false })
    expect(ledger.access(5n)).to.deep.equal({ accepted: true, overtaken: false })
    ledger.enter(7n)
    // Until the next holder acts, the previous one may still act: the order is kept.
    expect(ledger.access(5n)).to.deep.equal({ accepted: true, overtaken: true })
    expect(ledger.access(7n)).to.deep.equal({ accepted: true, overtaken: false })
    expect(ledger.access(5n)).to.deep.equal({ accepted: false, overtaken: true })
    expect(ledger.enter(6n)).to.deep.equal({ accepted: true, overtaken: true })
    const { grants, accesses, refusals, overlaps, violations } = ledger
    expect({ grants, accesses, refusals, overlaps: overlaps.size }).to.deep.equal({
      grants: 3,
      accesses: 3,
      refusals: 1,
      overlaps: 2,
    })
    expect(violations).to.deep.equal([])
    ledger.accuse(5n)
    ledger.enter(7n)
    expect(violations).to.deep.equal(['5 was held after 7 had been let in', 'the token 7 was given twice'])
  })
})
