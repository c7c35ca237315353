import { expect } from 'chai'
import { filesThat, read } from '../source/files.ts'
import { scenarioFaults, scenariosOf } from '../source/scenarios.ts'

/** Matches the ids at the start of a string: titles are literals, or keys of a table of cases. */
const TITLE = /(?<=['"`])(?:[A-Z]\d{1,2} )+/g

function idsInTitles(): Set<string> {
  const ids = new Set<string>()
  for (const file of filesThat(/(^|\/)test\/.*\.ts$/)) {
    if (file.startsWith('.ci/')) continue
    for (const [run] of read(file).matchAll(TITLE)) for (const id of run.trim().split(' ')) ids.add(id)
  }
  return ids
}

describe('docs/scenarios.md', () => {
  const scenarios = scenariosOf(read('docs/scenarios.md'))
  const defined = scenarios.map(({ id }) => id)
  const used = idsInTitles().add('T10')

  it('defines every id that a test title begins with', () => {
    expect(used.size).to.be.greaterThan(90)
    expect([...used].filter(id => !defined.includes(id)).sort()).to.deep.equal([])
  })

  it('defines no id that no test title begins with', () => {
    expect(defined.filter(id => !used.has(id))).to.deep.equal([])
  })

  it('defines each id once', () => {
    expect(defined).to.deep.equal([...new Set(defined)])
  })

  it('T10 names a missing test, a test that is missing on real servers, and an unknown id', () => {
    const page = '- **P1+** In order.\n- **P2+** So too.\n- **F1** Cut anywhere.\n- **Z10+** Equal.\n'
    const tests = [
      ['Requests, on Real 1.0', 'P1 P2 come in order'],
      ['Requests, in memory', 'P1 come in order'],
      ['Z10 Caches', 'are equal'],
      ['Frames', 'Q7 and F1 at the wrong place'],
    ]
    expect(scenarioFaults(scenariosOf(page), tests, ['Real 1.0'])).to.deep.equal([
      'F1: no test bears this id',
      'Q7: in a title, and not in docs/scenarios.md',
      'Z10: no test on a real server bears this id',
    ])
    expect(scenarioFaults(scenariosOf(page), tests, [])).to.have.lengthOf(2)
  })

  it('T10 is compared in CI with the tests that there are, on each target: see .ci/scenarios.ts', () => {
    expect(read('.ci/run')).to.match(/\nstep 'scenarios' pnpm run scenarios\n/)
  })
})
