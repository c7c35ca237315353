import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { filesThat, ROOT, read } from '../source/files.ts'
import { published } from '../source/needed.ts'
import { makeVersion, NAMING_FILES } from '../source/version.ts'

const { version } = JSON.parse(read('packages/client/package.json')) as { version: string }

describe('A new version', () => {
  let copy: string
  const text = (file: string): string => readFileSync(join(copy, file), 'utf8')
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'zookit-version-'))
    const manifests = published.map(folder => `${folder}/package.json`)
    for (const file of ['CHANGELOG.md', 'changes', ...manifests, ...NAMING_FILES]) {
      cpSync(join(ROOT, file), join(copy, file), { recursive: true })
    }
    // A repository right after a release has nothing to release.
    cpSync(join(ROOT, '.ci/test/fixtures/change.md'), join(copy, 'changes/change.md'))
  })
  afterEach(() => rmSync(copy, { recursive: true }))

  it('is that of every package and of every file that names it', () => {
    makeVersion(copy, published, '99.1.0', '2026-01-02')
    for (const folder of published) {
      expect(JSON.parse(text(`${folder}/package.json`))).to.include({ version: '99.1.0' })
    }
    for (const file of NAMING_FILES) {
      expect(text(file), file).to.include('99.1.0')
      expect(text(file), file).not.to.include(version)
    }
  })

  it('has a section of CHANGELOG.md, made of the files of changes, which are gone', () => {
    makeVersion(copy, published, '99.1.0', '2026-01-02')
    expect(text('CHANGELOG.md')).to.match(
      /## Unreleased\n\n## 99\.1\.0 - 2026-01-02\n[\s\S]*- A change of a test\./,
    )
    expect(text('CHANGELOG.md')).not.to.include('Nothing is published yet')
    expect(readdirSync(join(copy, 'changes'))).to.deep.equal(['README.md'])
  })

  it('leaves no other file behind that names the packages with the version before', () => {
    const named = new RegExp(`zookit[^\\n]*[@ "^']${version.replaceAll('.', '\\.')}`)
    const files = filesThat(/^(packages|docs|README|CONTRIBUTING|examples).*\.(md|ts|tsx|json)$/)
    const naming = files.filter(file => !file.endsWith('package.json') && named.test(read(file)))
    const known = [...NAMING_FILES, 'docs/performance.md']
    expect(naming.filter(file => !known.includes(file))).to.deep.equal([])
  })

  it('changes nothing when a file does not name the version before', () => {
    const [first] = NAMING_FILES
    rmSync(join(copy, first!))
    cpSync(join(ROOT, 'changes/README.md'), join(copy, first!))
    expect(() => makeVersion(copy, published, '99.1.0', '2026-01-02')).to.throw(`${first} does not name`)
    expect(text('CHANGELOG.md')).to.equal(read('CHANGELOG.md'))
  })
})
