import { expect } from 'chai'
import { crowdedFolders, errorsByClass, questioningDocstrings, twoWayFolders } from '../source/rules.ts'

const filesIn = (folder: string, count: number) =>
  Array.from({ length: count }, (_, number) => ({ path: `${folder}/${number}.ts`, text: '' }))

describe('the rules for our own source', () => {
  it('allow sixteen files in a folder of connection or testing, and no more', () => {
    expect(crowdedFolders(filesIn('packages/connection/src/link', 16))).to.deep.equal([])
    for (const folder of ['packages/testing/src', 'packages/connection/test']) {
      const [fault, ...more] = crowdedFolders(filesIn(folder, 17))
      expect(fault).to.include(`${folder}: has 17 files`)
      expect(more).to.deep.equal([])
    }
  })

  it('allow any number of handlers, and any number of files elsewhere', () => {
    const files = [
      ...filesIn('packages/testing/src/operations', 40),
      ...filesIn('packages/recipes/src', 40),
      ...filesIn('packages/client/test', 40),
    ]
    expect(crowdedFolders(files)).to.deep.equal([])
  })

  it('refuse two folders of a package that import each other, by a type too', () => {
    const there = { path: 'packages/connection/src/link/a.ts', text: "import { b } from '../servers/b.ts'" }
    const back = {
      path: 'packages/connection/src/servers/b.ts',
      text: "import type { A } from '../link/a.ts'",
    }
    expect(twoWayFolders([there])).to.deep.equal([])
    const [fault, ...more] = twoWayFolders([there, back])
    expect(fault)
      .to.include('link and servers import each other')
      .and.to.include(there.path)
      .and.to.include(back.path)
    expect(more).to.deep.equal([])
  })

  it('allow a folder to import the files above it, which import the folder', () => {
    const inside = { path: 'packages/connection/src/link/a.ts', text: "import { b } from '../errors.ts'" }
    const above = { path: 'packages/connection/src/errors.ts', text: "import type { A } from './link/a.ts'" }
    expect(twoWayFolders([inside, above])).to.deep.equal([])
  })

  for (const word of [
    'What',
    'Whether',
    'Who',
    'How',
    'When',
    'Which',
    'Why',
    'That',
    'Where',
    'Those',
    'In',
  ]) {
    it(`refuse a docstring that begins with "${word}", on one line or on more`, () => {
      const text = `/** ${word} it is. */\nlet a\n\n/**\n * ${word} is it?\n */\nlet b\n`
      const [one, two] = questioningDocstrings([{ path: 'a.ts', text }])
      expect(one).to.include('a.ts:1: ').and.to.include(`"${word}"`)
      expect(two).to.include('a.ts:4: ')
    })
  }

  it('allow these words elsewhere', () => {
    const text =
      '/** Says who holds it. */\nlet a\n/** Whole frames. */\nlet c\n/** Howard counts. */\nlet b\n'
    expect(questioningDocstrings([{ path: 'a.ts', text }])).to.deep.equal([])
  })

  it('refuse instanceof on an error of ours or a subclass, in packages, examples and pages', () => {
    const classes = {
      path: 'packages/client/src/a.ts',
      text: 'class B extends A {}\nclass A extends ZooKeeperError {}',
    }
    const text = '\nif (error instanceof B) throw error'
    for (const path of ['packages/recipes/src/b.ts', 'packages/recipes/examples/b.ts', 'docs/b.md']) {
      const [fault, ...more] = errorsByClass([classes, { path, text }])
      expect(fault).to.include(`${path}:2: `).and.to.include('B.is(error)')
      expect(more).to.deep.equal([])
    }
    const allowed = [
      { path: 'packages/recipes/test/b.test.ts', text },
      { path: 'packages/recipes/src/c.ts', text: 'error instanceof TypeError, error instanceof Bo' },
    ]
    expect(errorsByClass([classes, ...allowed])).to.deep.equal([])
  })
})
