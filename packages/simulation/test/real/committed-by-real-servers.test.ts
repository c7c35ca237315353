import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type ZooKeeper } from '@zookit/client'
import { type EnsembleMember, findInstallation, javaLauncher, startEnsembleWith } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { type MemberProcess, memberLauncher } from '../../src/real/place/member-process.ts'
import { committedBy } from '../../src/real/truth/committed.ts'
import { recordOf } from '../../src/real/truth/member-record.ts'
import { zxidOf } from '../../src/real/truth/txn-record.ts'
import { checkVersions } from '../../src/real/truth/versions.ts'

/** More writes than a leader keeps in memory for a follower that comes back. */
const FAR = 1000
/** Settings by which such a follower gets a snapshot of the tree, even where what it has missed is short in the leader's log. */
const SNAPSHOTS = { 'zookeeper.snapshotSizeFactor': '-1' }
/** A leader goes on for a minute with a follower that stands still. */
const PATIENT = { syncLimit: 300 }

async function writeMany(zk: ZooKeeper, path: string): Promise<void> {
  await Promise.all(Array.from({ length: FAR }, (_, number) => zk.setData(path, String(number))))
}

/** Returns the number of transactions that a member has logged. */
function loggedBy(process: MemberProcess): number {
  return new Set([...recordOf(process).transactions()].map(zxidOf)).size
}

const installation = findInstallation(process.env)

if (installation !== undefined)
  describe(`What ZooKeeper ${installation.version} has committed`, () => {
    it('has a write that is in the log of one member alone', async function () {
      this.timeout(120_000)
      const processes: MemberProcess[] = []
      const launcher = memberLauncher(javaLauncher(installation), false, processes)
      await using ensemble = await startEnsembleWith(launcher, { properties: SNAPSHOTS, config: PATIENT })
      const processOf = (member: EnsembleMember): MemberProcess =>
        processes[ensemble.members.indexOf(member)]!
      const leader = await ensemble.leader()
      const [first, second] = await ensemble.followers()
      const zk = await connect(leader.hosts)
      await zk.create('/r', 'made')
      await first!.kill()
      await writeMany(zk, '/r')
      // The leader alone logs this write, and nobody is told of it.
      await second!.pause()
      const before = loggedBy(processOf(leader))
      const unanswered = zk.setData('/r', 'lonely').catch(() => {})
      while (loggedBy(processOf(leader)) === before) await sleep(20)
      await leader.kill()
      await second!.kill()
      await unanswered
      await Promise.all([leader.restart(), first!.restart()])
      await ensemble.waitForQuorum()
      await zk.ready()
      expect((await zk.getData('/r')).data?.toString()).to.equal('lonely')
      await writeMany(zk, '/r')
      await second!.restart()
      await ensemble.waitForQuorum()
      await zk.setData('/r', 'last')
      await zk.close()
      await Promise.all(ensemble.members.map(member => member.kill()))

      const committed = committedBy(processes.map(recordOf))
      const written = committed.flatMap(({ changes }) =>
        changes.map(change => ('data' in change ? Buffer.from(change.data ?? '').toString() : '')),
      )
      expect(written.filter(data => data === 'lonely' || data === 'last')).to.deep.equal(['lonely', 'last'])
      checkVersions(committed)
      const holders = processes.filter(process =>
        [...recordOf(process).transactions()].some(record => record.includes('lonely')),
      )
      expect(holders).to.have.lengthOf(1)
    })
  })
