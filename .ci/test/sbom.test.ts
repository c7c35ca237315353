import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { filesThat, read } from '../source/files.ts'
import { manifestOf } from '../source/needed.ts'
import { buildPage } from '../source/page.ts'
import { withBundled } from '../source/sbom.ts'

describe('The bill of materials of a release', () => {
  const { name, version } = manifestOf('packages/console')
  const ref = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const { components, dependencies } = withBundled(
    { components: [], dependencies: [{ ref }] },
    'packages/console',
  )
  const listed = components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`))

  it('has all that the page of the console contains, and so has THIRD-PARTY.md', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zookit-sbom-'))
    try {
      await buildPage(folder)
      const notices = readFileSync(join(folder, 'THIRD-PARTY.txt'), 'utf8').split(/-{80}\n\n/)
      const contained = notices.map(notice => notice.split('\n')[0]!)
      expect(contained).to.have.lengthOf.above(3)
      expect(listed).to.have.members(contained)
      for (const each of contained) expect(read('THIRD-PARTY.md')).to.include(`| ${each} |`)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('names version, licence and address of each, and that the package has it', () => {
    for (const { version, licenses, purl } of components) {
      expect(version).to.match(/^\d+\.\d+\.\d+/)
      expect(licenses?.[0]?.expression).to.be.a('string')
      expect(purl.endsWith(`@${version}`)).to.equal(true)
    }
    expect(dependencies[0]!.dependsOn).to.deep.equal(components.map(({ purl }) => purl))
  })

  it('is made by the workflow of a release', () => {
    const [workflow] = filesThat(/^\.github\/workflows\/release\.yml$/)
    expect(read(workflow!)).to.include('run sbom:packages sbom\n')
  })
})
