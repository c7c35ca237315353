import { digestId } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { type Result, zookit } from './support/program.ts'

interface Ensemble extends AsyncDisposable {
  readonly members: readonly { readonly hosts: string; readonly spec: string }[]
}

const KINDS: readonly { name: string; start(): Promise<Ensemble> }[] = [
  {
    name: 'the in-memory server',
    start: () => TestEnsemble.start({ reconfigEnabled: true, superDigest: digestId('super', 'wizard') }),
  },
  ...(await findTargets()).map(target => ({
    name: target.name,
    start: () => target.startEnsemble({ reconfigEnabled: true, superPassword: 'wizard' }),
  })),
]

for (const kind of KINDS) {
  describe(`zookit reconfig on an ensemble of ${kind.name}`, function () {
    this.timeout(120_000)
    let ensemble: Ensemble
    before(async () => {
      ensemble = await kind.start()
    })
    after(() => ensemble[Symbol.asyncDispose]())

    /** Runs a command as the superuser, at the member that no step removes. */
    function run(...words: string[]): Promise<Result> {
      const { hosts } = ensemble.members[1]!
      const env = { SUPER: 'digest:super:wizard', ZOOKIT_HOSTS: hosts }
      return zookit(['--auth-env', 'SUPER', ...words], { env })
    }
    const idsOf = (text: string): string[] => [...text.matchAll(/^server\.(\d+)=/gm)].map(([, id]) => id!)
    const versionOf = (text: string): string => /^version=([0-9a-f]+)$/m.exec(text)![1]!

    it('removes a member and takes it back, from the version that config shows', async () => {
      const before = await run('config')
      expect(idsOf(before.out)).to.deep.equal(['1', '2', '3'])
      const removed = await run('reconfig', '-v', versionOf(before.out), '-remove', '1')
      expect(removed.code, removed.err).to.equal(0)
      expect(removed.out).to.match(/^Committed new configuration:\nserver\.2=/)
      expect(idsOf(removed.out)).to.deep.equal(['2', '3'])
      const now = await run('config')
      expect(removed.out).to.contain(now.out)
      const added = await run('reconfig', '-s', '-add', ensemble.members[0]!.spec)
      expect(added.code, added.err).to.equal(0)
      expect(idsOf(added.out)).to.deep.equal(['1', '2', '3'])
      expect(added.out).to.match(/\ncZxid = 0x/)
    })

    it('changes nothing from a version that is not in force, and says which command shows it', async () => {
      const before = await run('config')
      const { code, out, err } = await run('reconfig', '-v', '1', '-remove', '1')
      expect({ code, out }).to.deep.equal({ code: 3, out: '' })
      expect(err).to.match(
        /^zookit reconfig: BAD_VERSION.*\n {2}The configuration has changed: `zookit config` shows/,
      )
      expect((await run('config')).out).to.equal(before.out)
    })

    it('is refused to anybody but the superuser', async () => {
      const env = { ZOOKIT_HOSTS: ensemble.members[1]!.hosts }
      const { code, err } = await zookit(['reconfig', '-remove', '1'], { env })
      expect(code).to.equal(5)
      expect(err).to.match(/NO_AUTH/)
    })
  })
}
