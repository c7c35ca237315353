import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT, read } from '../source/files.ts'
import { published } from '../source/needed.ts'
import {
  fileLinks,
  placeOf,
  publicFields,
  publishFaults,
  withPublicLinks,
  workspaceRanges,
} from '../source/publish.ts'

const PLACE = placeOf('https://git.example.com/a/b', 'v1.2.3')

describe('A package that is published', () => {
  it('has the fields and links of the release, and can be published then only', () => {
    for (const folder of published) {
      const manifest = JSON.parse(read(`${folder}/package.json`))
      const page = read(`${folder}/README.md`)
      expect(publishFaults(manifest, page), folder).to.include('package.json has no repository')
      const filled = { ...manifest, ...publicFields(PLACE, folder) }
      expect(publishFaults(filled, withPublicLinks(page, folder, PLACE)), folder).to.deep.equal([])
      expect(manifest.publishConfig).to.deep.equal({ access: 'public', provenance: true })
      expect(manifest.scripts.prepublishOnly).to.equal('tsx ../../.ci/check-publishable.ts')
    }
  })

  it('names no package by its place in the workspace once it is packed', () => {
    const dependencies = { '@zookit/jute': 'workspace:*', zod: 'catalog:', hono: '^4.0.0' }
    const peerDependencies = { '@zookit/client': 'workspace:^' }
    expect(workspaceRanges({ dependencies, peerDependencies })).to.deep.equal([
      '@zookit/jute',
      'zod',
      '@zookit/client',
    ])
    expect(workspaceRanges({ devDependencies: dependencies })).to.deep.equal([])
  })

  it('is refused by the script that npm and pnpm run before they publish', () => {
    const script = join(ROOT, '.ci/check-publishable.ts')
    const options = { cwd: join(ROOT, 'packages/client'), encoding: 'utf8' } as const
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], options)
    expect(status).to.equal(1)
    expect(stderr).to.include('package.json has no repository').and.to.include('ZOOKIT_REPOSITORY')
  })
})

describe('The links of a page', () => {
  const page = '[a](../../docs/a.md#b) [b](#c) [c](https://example.com/x) [d](examples/d.ts)'

  it('lead to the release where they were to files', () => {
    expect(fileLinks(page)).to.deep.equal(['../../docs/a.md#b', 'examples/d.ts'])
    const base = 'https://git.example.com/a/b/blob/v1.2.3'
    expect(withPublicLinks(page, 'packages/x', PLACE)).to.equal(
      `[a](${base}/docs/a.md#b) [b](#c) [c](https://example.com/x) [d](${base}/packages/x/examples/d.ts)`,
    )
  })

  it('show images themselves, not the page about each', () => {
    const base = 'https://git.example.com/a/b'
    expect(withPublicLinks('![x](../../docs/x.png) [![y](y.png)](y.md)', 'packages/x', PLACE)).to.equal(
      `![x](${base}/raw/v1.2.3/docs/x.png) [![y](${base}/raw/v1.2.3/packages/x/y.png)](${base}/blob/v1.2.3/packages/x/y.md)`,
    )
  })

  it('may not lead out of the repository', () => {
    expect(() => withPublicLinks('[a](../../../a)', 'packages/x', PLACE)).to.throw('out of the repository')
  })
})

describe('The setting of a release', () => {
  it('is refused where it is no https address, or no tag', () => {
    for (const address of [undefined, '', 'git.example.com/a', 'http://a/b', 'https://a', 'https://a/b/'])
      expect(() => placeOf(address, 'v1'), address).to.throw('ZOOKIT_REPOSITORY must be')
    for (const ref of [undefined, '', 'a b'])
      expect(() => placeOf(PLACE.address, ref), ref).to.throw('ZOOKIT_REF must be')
  })
})
