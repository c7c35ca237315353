import { ServerStartError } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { verdictOf, verdictWithout } from '../../src/real/report/verdict.ts'

describe('The verdict on a run of real faults', () => {
  it('is that all held, or what did not', () => {
    expect(verdictOf({ violations: [], hole: null })).to.deep.equal({ code: 0, lines: [] })
    expect(verdictOf({ violations: ['a write is missing'], hole: null })).to.deep.equal({
      code: 1,
      lines: ['does not hold: a write is missing'],
    })
  })

  it('is none where the ensemble has lost what it had committed, whatever else there is', () => {
    const hole = 'the members have logged version 106 of /a at 7, where version 248 was there'
    for (const violations of [[], ['a write is missing']]) {
      const { code, lines } = verdictOf({ violations, hole })
      expect(code).to.equal(3)
      expect(lines.at(-1)).to.equal(`no verdict: ${hole}. The ensemble has lost what it had committed`)
      expect(lines).to.have.length(violations.length + 1)
    }
  })

  it('is none where a server did not come up again, with the end of its log', () => {
    const { code, lines } = verdictWithout(
      new ServerStartError('the server at h:1 did not come up', 'out of memory'),
    )
    expect(code).to.equal(3)
    expect(lines.join()).to.match(/^no verdict: the server at h:1 did not come up.*out of memory$/s)
  })
})
