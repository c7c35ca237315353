import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { parseFault, putBack, readFaults } from '../src/put-back/fault-file.ts'

const ROOT = new URL('../../../', import.meta.url)

describe('A fault that is put back', () => {
  for (const { name, edits } of readFaults()) {
    it(`has its place in the source: ${name}`, () => {
      const texts = new Map<string, string>()
      for (const edit of edits) {
        const { file } = edit
        const text = texts.get(file) ?? readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8')
        const changed = putBack(text, edit)
        expect(changed).not.to.equal(text)
        texts.set(file, changed)
      }
    })
  }

  it('has a row in the table of docs/reliability.md, which has no other', () => {
    const page = readFileSync(fileURLToPath(new URL('docs/reliability.md', ROOT)), 'utf8')
    const section = page.split('\n## Faults put back\n')[1]!.split('\n## ')[0]!
    const rows = [...section.matchAll(/^\| (.+?) \| .+ \| (?:\d+|-) \| \d+ \|$/gm)].map(([, title]) => title)
    expect(rows.toSorted()).to.deep.equal(
      readFaults()
        .map(({ title }) => title)
        .toSorted(),
    )
  })

  it('is refused when the source does not have its text once', () => {
    const edit = { file: 'a.ts', now: 'one\n', before: 'two\n' }
    expect(putBack('zero\none\n', edit)).to.equal('zero\ntwo\n')
    expect(() => putBack('zero\n', edit)).to.throw('a.ts has this text 0 times, not once')
    expect(() => putBack('one\none\n', edit)).to.throw('a.ts has this text 2 times, not once')
  })

  it('is refused when its file does not say what is replaced', () => {
    expect(() => parseFault('x', '# A fault\n\nMended by 0c0dd45.\n')).to.throw('x: a title')
  })
})
