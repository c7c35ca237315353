import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, readOnlyAcl, type ZooKeeper, ZooKeeperError } from '../src/index.ts'

/** Returns the error of a call of several steps. */
async function failure(call: Promise<unknown>): Promise<ZooKeeperError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(ZooKeeperError)
  return error as ZooKeeperError
}

async function withClient(run: (zk: ZooKeeper, server: TestServer) => Promise<void>): Promise<void> {
  await using server = await TestServer.start({ seed: { t: { a: '', b: '', c: '' } } })
  await using zk = await connect(server.hosts, { backoff: { initial: 5, max: 20 } })
  await run(zk, server)
}

const NO_AUTH = -102

describe('The error of a call of several steps', () => {
  it('has the outcome unknown once an earlier step was applied', () =>
    withClient(async (zk, server) => {
      server.answerWith({ operation: 'create', path: '/n/m' }, NO_AUTH)
      expect(await failure(zk.ensurePath('/n/m'))).to.include({ code: 'NO_AUTH', outcome: 'unknown' })
      expect(server.dump()).to.have.property('/n')

      await zk.create('/t/b/x')
      await zk.setAcl('/t/b', readOnlyAcl)
      const removing = await failure(zk.removeTree('/t', { concurrency: 1 }))
      expect(removing).to.include({ code: 'NO_AUTH', path: '/t/b/x', outcome: 'unknown' })
      expect(removing.message).to.contain('earlier steps')

      await zk.ensurePath('/u/v')
      server.answerWith({ operation: 'create', path: '/w/v' }, NO_AUTH)
      expect(await failure(zk.copyTree('/u', '/w'))).to.include({ code: 'NO_AUTH', outcome: 'unknown' })
      expect(server.dump()).to.have.property('/w')
    }))

  it('keeps its outcome if nothing was applied before it', () =>
    withClient(async (zk, server) => {
      server.answerWith({ operation: 'create', path: '/n' }, NO_AUTH)
      expect(await failure(zk.ensurePath('/n'))).to.include({ code: 'NO_AUTH', outcome: 'rejected' })
      await zk.create('/x', null, { acl: readOnlyAcl })
      expect(await failure(zk.ensurePath('/x/y'))).to.include({ code: 'NO_AUTH', outcome: 'rejected' })
      expect(await failure(zk.copyTree('/x', '/t'))).to.include({ code: 'NODE_EXISTS', outcome: 'rejected' })
    }))
})
