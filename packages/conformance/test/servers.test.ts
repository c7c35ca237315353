import { digestId } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { type ServerVersion, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import {
  type ConformanceOptions,
  type ConformanceReport,
  formatFailures,
  runConformance,
} from '../src/index.ts'

const SUPER = 'super:secret'
const LINES: readonly ServerVersion[] = ['3.4', '3.5', '3.6', '3.7', '3.8', '3.9']

async function keeps(options: ConformanceOptions): Promise<ConformanceReport> {
  const report = await runConformance({ superUser: SUPER, ...options })
  expect(formatFailures(report)).to.equal('')
  expect(report.results.filter(({ status }) => status === 'passed')).not.to.deep.equal([])
  return report
}

describe('the conformance suite on the in-memory server', function () {
  this.timeout(60_000)
  const superDigest = digestId('super', 'secret')

  it('finds nothing amiss in any profile', async () => {
    const run = async (version: ServerVersion): Promise<void> => {
      await using server = await TestServer.start({ version, superDigest, containerCheckInterval: 200 })
      const { release } = await keeps({ hosts: server.hosts })
      expect(release.startsWith(`${version}.`)).to.equal(true)
      expect(server.dump()).to.deep.equal({})
    }
    await Promise.all(LINES.map(run))
  })

  it('finds nothing amiss in a read-only server, without TTL nodes, with enforced quotas or with SASL', async () => {
    const run = async (options: Parameters<typeof TestServer.start>[0]): Promise<void> => {
      await using server = await TestServer.start({ ...options, superDigest, containerCheckInterval: 200 })
      await keeps({ hosts: server.hosts, only: /^(create|auth|read-only|limits)/ })
    }
    await Promise.all([
      run({ readOnly: true }),
      run({ extendedTypes: false }),
      run({ enforceQuota: true }),
      run({ sasl: { user: 'password' } }),
    ])
  })

  it('tells where a server keeps something else than it is held to, with the frames', async () => {
    await using server = await TestServer.start({ version: '3.8.0' })
    const only = /zxid of the change$/
    const report = await runConformance({ hosts: server.hosts, profile: '3.9', only })
    expect(report.results.map(({ status }) => status)).to.deep.equal(['failed'])
    const [frame] = report.results[0]!.failure!.frames.slice(-1)
    expect(frame).to.contain('ReplyHeader')
    expect(report.results[0]!.failure!.actual).to.equal('-1n')
  })
})

for (const target of await findTargets()) {
  describe(`the conformance suite on ${target.name}`, function () {
    this.timeout(120_000)

    it('finds nothing amiss in a server that stands alone, and leaves nothing behind', async () => {
      await using server = await target.startServer({ superPassword: 'secret' })
      await keeps({ hosts: server.hosts })
      expect(await server.fourLetter('srvr')).to.match(/^Node count: 5$/m)
    })
  })
}
