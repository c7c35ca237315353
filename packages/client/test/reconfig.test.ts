import { TestEnsemble } from '@zookit/testing'
import { expect } from 'chai'
import { connect, digestId, type OneShotEvent, type ZooKeeper } from '../src/index.ts'
import { failureOf } from './support/targets.ts'

const SUPER = 'super:wizard'

function startEnsemble(): Promise<TestEnsemble> {
  return TestEnsemble.start({ reconfigEnabled: true, superDigest: digestId('super', 'wizard') })
}

async function connectAsSuper(hosts: string): Promise<ZooKeeper> {
  const zk = await connect(hosts, { backoff: { initial: 10, max: 100 } })
  await zk.addAuth('digest', SUPER)
  return zk
}

const idsOf = ({ members }: { members: readonly { id: number }[] }): number[] => members.map(({ id }) => id)

describe('A reconfiguration of an ensemble', () => {
  it('removes a member and takes it back as getConfig has described it', async () => {
    await using ensemble = await startEnsemble()
    await using zk = await connectAsSuper(ensemble.member(2).hosts)
    const before = await zk.getConfig()
    expect(idsOf(before)).to.deep.equal([1, 2, 3])
    const without = await zk.reconfig({ leaving: [1] }, { fromConfig: before.version })
    expect(idsOf(without)).to.deep.equal([2, 3])
    expect(without.version).to.equal(without.stat.mzxid)
    const restored = await zk.reconfig({ joining: [before.members[0]!] })
    expect(restored.members).to.deep.equal(before.members)
    expect(await zk.getConfig()).to.deep.equal(restored)
  })

  it('replaces all members at once', async () => {
    await using ensemble = await startEnsemble()
    await using zk = await connectAsSuper(ensemble.member(2).hosts)
    const added = await ensemble.addServer()
    const { members } = await zk.getConfig()
    const changed = await zk.reconfig({ members: [...members.slice(1), added.spec] })
    expect(idsOf(changed)).to.deep.equal([2, 3, 4])
    await using other = await connect(added.hosts)
    expect(idsOf(await other.getConfig())).to.deep.equal([2, 3, 4])
  })

  it('reaches the listener of getConfig once, at every member', async () => {
    await using ensemble = await startEnsemble()
    await using zk = await connectAsSuper(ensemble.member(2).hosts)
    await using other = await connect(ensemble.member(1).hosts)
    const events: OneShotEvent[] = []
    const told = new Promise<void>((resolve, reject) => {
      const watch = (event: OneShotEvent): void => {
        events.push(event)
        resolve()
      }
      other.getConfig({ watch }).then(() => zk.reconfig({ leaving: [1] }), reject)
    })
    await told
    await zk.reconfig({ joining: [ensemble.member(1).spec] })
    await other.sync('/')
    expect(events.map(({ type, path }) => [type, path])).to.deep.equal([['changed', '/zookeeper/config']])
  })

  it('continues when the leader that it removes is lost', async () => {
    await using ensemble = await startEnsemble()
    await using zk = await connectAsSuper(ensemble.hosts)
    await zk.create('/mine', null, { mode: 'ephemeral' })
    expect(idsOf(await zk.reconfig({ leaving: [3] }))).to.deep.equal([1, 2])
    expect(ensemble.leader!.id).to.equal(1)
    expect((await zk.exists('/mine', { retry: 5 }))?.ephemeralOwner).to.equal(zk.session.id)
  })

  it('is refused with a code for each reason', async () => {
    await using ensemble = await startEnsemble()
    await using zk = await connectAsSuper(ensemble.member(2).hosts)
    await using anybody = await connect(ensemble.member(2).hosts)
    const codeOf = async (attempt: Promise<unknown>): Promise<string> => (await failureOf(attempt)).code
    const waiting = [await ensemble.addServer(), await ensemble.addServer()].map(({ spec }) => spec)
    const { version } = await zk.getConfig()
    expect(await codeOf(anybody.reconfig({ leaving: [3] }))).to.equal('NO_AUTH')
    expect(await codeOf(zk.reconfig({ leaving: [3] }, { fromConfig: version + 1n }))).to.equal('BAD_VERSION')
    expect(await codeOf(zk.reconfig({ leaving: [2, 3] }))).to.equal('BAD_ARGUMENTS')
    expect(await codeOf(zk.reconfig({ joining: ['server.9=nonsense'] }))).to.equal('BAD_ARGUMENTS')
    const members = [ensemble.member(1).spec, ...waiting]
    expect(await codeOf(zk.reconfig({ members }))).to.equal('NEW_CONFIG_NO_QUORUM')
    ensemble.member(2).answerWith('reconfig', -14)
    expect(await codeOf(zk.reconfig({ leaving: [3] }))).to.equal('RECONFIG_IN_PROGRESS')
    expect(idsOf(await zk.getConfig())).to.deep.equal([1, 2, 3])
  })
})
