import { expect } from 'chai'
import { filesThat, read } from '../source/files.ts'

/** Matches the ids at the start of a string: titles are literals, or keys of a table of cases. */
const TITLE = /(?<=['"`])(?:[A-Z]\d{1,2} )+/g
const DEFINITION = /^- \*\*([A-Z]\d{1,2})\*\* \S/gm

function idsInTitles(): Set<string> {
  const ids = new Set<string>()
  for (const file of filesThat(/(^|\/)test\/.*\.ts$/)) {
    for (const [run] of read(file).matchAll(TITLE)) for (const id of run.trim().split(' ')) ids.add(id)
  }
  return ids
}

describe('docs/scenarios.md', () => {
  const defined = [...read('docs/scenarios.md').matchAll(DEFINITION)].map(([, id]) => id!)
  const used = idsInTitles()

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
})
