import { acl, connect, digestId } from '@zookit/client'
import { type RecordedRequest, TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { start, zookit } from './support/program.ts'

const TREE = { app: { a: '1', b: '2', c: '3' } }

describe('A command that is interrupted', function () {
  this.timeout(60_000)
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: TREE })
  })
  afterEach(() => server.stop())
  const at = (...words: string[]): string[] => ['--hosts', server.hosts, ...words]

  /** Waits until the server has taken a request of this operation on this path. */
  async function requested(operation: string, path: string | undefined): Promise<void> {
    const isIt = (request: RecordedRequest): boolean =>
      request.operation === operation && (request.body as { path?: string } | null)?.path === path
    while (!server.requests().some(isIt)) {
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  /** The tree with the copy beside it. */
  const both = { '/app/a': '1', '/app/b': '2', '/app/c': '3', '/copy/a': '1', '/copy/b': '2', '/copy/c': '3' }
  const leaves = (): Record<string, unknown> =>
    Object.fromEntries(Object.entries(server.dump()).filter(([path]) => path.split('/').length > 2))

  it('goes on with a copy whose server was lost: cp --resume', async () => {
    server.loseNextReply({ operation: 'create', path: '/copy/b' })
    const cut = await zookit(at('cp', '--batch', '1', '/app', '/copy'))
    expect(cut.code).to.equal(7)
    expect(cut.err).to.match(
      /^A part may be copied: --resume .*\nzookit cp: CONNECTION_LOSS.*\n {2}It may have/,
    )
    const again = await zookit(at('cp', '/app', '/copy'))
    expect(again.code).to.equal(3)
    expect(again.err).to.match(/NODE_EXISTS(.|\n)*zookit deleteall \/copy.*--resume/)
    expect((await zookit(at('cp', '--resume', '/app', '/copy'))).out).to.equal(
      '1 znode copied, 3 were there\n',
    )
    expect(leaves()).to.deep.equal(both)
  })

  it('leaves alone what is there with other data, and ends with 1: cp --resume', async () => {
    await zookit(at('create', '/copy', ''))
    await zookit(at('create', '/copy/b', 'other'))
    const { code, out } = await zookit(at('cp', '--resume', '/app', '/copy'))
    expect({ code, out }).to.deep.equal({
      code: 1,
      out: '! /copy/b\n2 znodes copied, 1 was there, 1 differs\n',
    })
    expect(leaves()).to.deep.equal({ ...both, '/copy/b': 'other' })
  })

  it('tells on Ctrl-C that a part may be done: cp, deleteall, setAcl -R', async () => {
    for (const [operation, path, words] of [
      ['create', '/copy/b', ['cp', '/app', '/copy']],
      ['setACL', '/app/b', ['setAcl', '-R', '/app', 'world:anyone:cdrwa']],
      ['multi', undefined, ['deleteall', '/copy']],
    ] as const) {
      const held = server.holdNextReply(path === undefined ? operation : { operation, path })
      const running = start(at(...words))
      await requested(operation, path)
      running.signal('SIGINT')
      await new Promise(resolve => setTimeout(resolve, 20))
      held.cancel()
      server.releaseReplies()
      const { code, err } = await running.result
      expect(code, err).to.equal(130)
      expect(err).to.match(/^A part .*may (be|have)/)
    }
  })

  it('tells on Ctrl-C that a write was sent: set', async () => {
    server.holdNextReply('setData')
    const running = start(at('set', '/app/a', '2'))
    await requested('setData', '/app/a')
    running.signal('SIGINT')
    await new Promise(resolve => setTimeout(resolve, 20))
    server.releaseReplies()
    const { code, err } = await running.result
    expect(code).to.equal(130)
    expect(err).to.match(/^zookit set: ABORTED \(setData \/app\/a\).*: it may have been applied\n$/)
    expect(server.dump()['/app/a']).to.equal('2')
  })

  it('goes on with a move in steps that was cut off while it copied or deleted: mv --resume', async () => {
    server.loseNextReply({ operation: 'create', path: '/copy/b' })
    expect((await zookit(at('mv', '--steps', '/app', '/copy'))).code).to.equal(7)
    server.loseNextReply('multi')
    const cut = await zookit(at('mv', '--resume', '/app', '/copy'))
    expect(cut.code).to.equal(7)
    expect(cut.err).to.match(/^The copy is whole, and a part may be deleted: --resume goes on\.\n/)
    expect(leaves()).to.deep.equal({ '/copy/a': '1', '/copy/b': '2', '/copy/c': '3' })
  })

  it('deletes nothing that was changed since it was copied: mv --steps', async () => {
    server.holdNextReply({ operation: 'create', path: '/copy/c' })
    const running = start(at('mv', '--steps', '/app', '/copy'))
    await requested('create', '/copy/c')
    server.seed({ app: { a: 'theirs' } })
    server.releaseReplies()
    const { code, err } = await running.result
    expect(code, err).to.equal(3)
    expect(err).to.match(/BAD_VERSION(.|\n)*zookit diff/)
    expect(server.dump()['/app/a']).to.equal('theirs')
    const stopped = await zookit(at('mv', '--resume', '/app', '/copy'))
    expect(stopped.code).to.equal(3)
    expect(stopped.err).to.match(/such as \/copy\/a(.|\n)*Nothing was deleted/)
    await zookit(at('set', '/copy/a', 'theirs'))
    expect((await zookit(at('mv', '--resume', '/app', '/copy'))).code).to.equal(0)
    expect(leaves()).to.deep.equal({ '/copy/a': 'theirs', '/copy/b': '2', '/copy/c': '3' })
  })

  it('makes no copy of an ACL that the server does not show whole', async () => {
    await using zk = await connect(server.hosts)
    const alice = acl('cdrwa', 'digest', digestId('alice', 'secret'))
    await zk.setAcl('/app/b', [acl('cdrw', 'world', 'anyone'), alice])
    for (const words of [
      ['export', '/app'],
      ['mv', '/app', '/copy'],
      ['mv', '--steps', '/app', '/copy'],
      ['cp', '--resume', '/app', '/copy'],
    ]) {
      const { code, err } = await zookit(at(...words))
      expect(code, words.join(' ')).to.equal(5)
      expect(err).to.match(/shows the whole ACL of \/app\/b to ADMIN only/)
    }
    // A part of it is copied already.
    const { code, err } = await zookit(at('cp', '/app', '/copied'))
    expect(code).to.equal(5)
    expect(err).to.match(
      /A part may be copied(.|\n)*shows the whole ACL of \/app\/b to ADMIN only(.|\n)*has ADMIN on it/,
    )
    expect(err).to.not.contain('option acl')
    expect(server.dump()).to.include({ '/app/a': '1', '/app/b': '2', '/app/c': '3' })
    const env = { ALICE: 'digest:alice:secret' }
    expect((await zookit(at('--auth-env', 'ALICE', 'mv', '/app', '/moved'), { env })).code).to.equal(0)
    await zk.addAuth('digest', 'alice:secret')
    expect((await zk.getAcl('/moved/b')).acl).to.deep.include(alice)
  })
})
