import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { entriesOf, release } from '../source/changes.ts'
import { ROOT, read } from '../source/files.ts'

const CHANGELOG = `# Changelog

## Unreleased

### Added

- One.

## 0.1.0 - 2026-01-01

### Added

- The first.
`

describe('The files of changes', () => {
  it('have headings of a CHANGELOG, and so has what is unreleased', () => {
    const names = readdirSync(join(ROOT, 'changes')).filter(name => name !== 'README.md')
    for (const name of names) entriesOf(read(`changes/${name}`), name)
    const [, unreleased] = /^## Unreleased\n(.*?)(?=^## |(?![\s\S]))/ms.exec(read('CHANGELOG.md'))!
    entriesOf(unreleased!, 'CHANGELOG.md')
  })

  it('become a section of their version, each entry under its heading, above the versions before', () => {
    const file = entriesOf('### Added\n\n- Two\n  lines.\n\n### Fixed\n\n- A fault.\n', 'a.md')
    expect(release(CHANGELOG, [file], '0.2.0', '2026-02-01')).to.equal(`# Changelog

## Unreleased

## 0.2.0 - 2026-02-01

### Added

- One.
- Two
  lines.

### Fixed

- A fault.

## 0.1.0 - 2026-01-01

### Added

- The first.
`)
  })

  it('make no patch version of more than mends, no version of nothing, and none that is malformed', () => {
    expect(() => release(CHANGELOG, [], '0.1.1', '2026-02-01')).to.throw('under Added')
    const mend = CHANGELOG.replace('### Added\n\n- One.', '### Fixed\n\n- One.')
    expect(release(mend, [], '0.1.1', '2026-02-01')).to.include('## 0.1.1')
    expect(() => release(CHANGELOG, [], 'v2', '2026-02-01')).to.throw('no version')
    const none = CHANGELOG.replace('### Added\n\n- One.\n\n', '')
    expect(() => release(none, [], '0.2.0', '2026-02-01')).to.throw('nothing has changed')
  })

  it('are refused where a heading is not one, or has no entry', () => {
    expect(() => entriesOf('### Addded\n\n- One.\n', 'a.md')).to.throw(
      'a.md: no heading of a CHANGELOG: Addded',
    )
    expect(() => entriesOf('### Added\n\nOne.\n', 'a.md')).to.throw('a.md: Added has no line')
    expect(() => entriesOf('- One.\n', 'a.md')).to.throw('a.md: text before the first heading')
  })
})
