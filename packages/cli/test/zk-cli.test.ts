import { findInstallation, findTargets } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { zookit } from './support/program.ts'
import { marked, results, runZkCli } from './support/zk-cli.ts'

/** Commands that both shells run. They leave the server as they found it. */
const COMMANDS: readonly string[] = [
  'ls /',
  'create /a',
  'create /a/b data',
  'create /a/words "two words"',
  'create -s /a/s- x',
  'create -e /a/e x',
  'create -e -s /a/es- y',
  'create -c /a/c',
  'create -t 100000 /a/t ttl',
  'create -t 100000 -s /a/ts- ttl',
  'create /a',
  'create /x/y',
  'create /a/e/child',
  'ls /a',
  'ls -s /a',
  'ls -R /a',
  'ls /nope',
  'get /a/b',
  'get /a/words',
  'get -s /a/b',
  'get /nope',
  'set /a/b v2',
  'set -s /a/b v3',
  'set -v 7 /a/b v4',
  'set -v 2 /a/b v4',
  'set /nope x',
  'get /a/b',
  'stat /a/b',
  'stat /nope',
  'sync /a',
  'getAcl /a',
  'getAcl -s /a',
  'setAcl -v 7 /a world:anyone:r',
  'setAcl -s /a/b world:anyone:cdra',
  'set /a/b v5',
  'getAcl /a/b',
  'create /nobody x auth::r',
  'addauth digest alice:wonderland',
  'create /mine x auth::cdrwa',
  'getAcl /mine',
  'setAcl -R /a world:anyone:cdrwa,auth::r',
  'getAcl /a/words',
  'whoami',
  'getAllChildrenNumber /a',
  'getEphemerals',
  'getEphemerals /a/es',
  'get -w /a/b',
  'set /a/b watched',
  'set /a/b not-watched',
  'ls -w /a',
  'create /a/z',
  'stat -w /a/z',
  'delete /a/z',
  'addWatch /a',
  'create /a/q x',
  'set /a/q y',
  'removewatches /a',
  'removewatches /a',
  'delete /a/q',
  'setquota -n 100 /a',
  'setquota -b 10000 /a',
  'listquota /a',
  'setquota -n 5 /a/b',
  'delquota -n /a',
  'listquota /a',
  'delquota /a',
  'listquota /a',
  'config',
  'history',
  'delete /a',
  'delete /nope',
  'delete -v 99 /a/b',
  'delete /mine',
  'deleteall /nope',
  'deleteall /a',
  'ls /',
]

const installation = findInstallation(process.env)
const [target] = await findTargets()

if (installation !== undefined && target?.kind === 'java') {
  describe(`The shell beside zkCli.sh of ${target.name}`, function () {
    this.timeout(60_000)

    it('has the same results for the same commands', async () => {
      expect(COMMANDS.length).to.be.greaterThan(60)
      await using server = await target.startServer()
      const theirs = await runZkCli(installation, server.hosts, COMMANDS)
      const { out, err } = await zookit(['--keep-going'], {
        input: marked(COMMANDS),
        env: { ZOOKIT_HOSTS: server.hosts },
      })
      const ours = results(out, err)
      expect(ours.outputs.length).to.equal(COMMANDS.length)
      for (const [i, command] of COMMANDS.entries()) {
        expect(ours.outputs[i], command).to.equal(theirs.outputs[i])
      }
      expect(ours.events).to.deep.equal(theirs.events)
      expect(ours.errors).to.deep.equal(theirs.errors)
    })
  })
}
