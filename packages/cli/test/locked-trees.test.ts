import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acl, connect, type ZooKeeper } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Result, zookit } from './support/program.ts'
import { describeServers } from './support/servers.ts'

const READ_ONLY = 'world:anyone:r'
const ANN = { ANN: 'digest:ann:pw' }

describeServers('A tree whose ACLs let nobody create', hosts => {
  let names = 0
  let root: string
  let zk: ZooKeeper
  let run: (...words: string[]) => Promise<Result>

  beforeEach(async () => {
    root = `/locked-${names++}`
    zk = await connect(hosts())
    run = (...words) => zookit(['--hosts', hosts(), ...words], { env: ANN })
    for (const path of ['', '/t', '/t/a', '/t/a/b', '/t/c']) await zk.create(`${root}${path}`, path)
  })
  afterEach(() => zk.close())

  async function lock(...paths: string[]): Promise<void> {
    for (const path of paths) await zk.setAcl(`${root}${path}`, [acl('r', 'world', 'anyone')])
  }

  it('is copied whole by cp, with a word where others can change it meanwhile', async () => {
    await lock('/t/a', '/t')
    const copied = await run('--auth-env', 'ANN', 'cp', `${root}/t`, `${root}/copy`)
    expect(copied).to.deep.equal({ code: 0, out: '4 znodes copied\n', err: '' })
    expect(await run('diff', `${root}/t`, `${root}/copy`)).to.deep.equal({ code: 0, out: '', err: '' })
    const { code, err } = await run('cp', `${root}/t`, `${root}/second`)
    expect(code).to.equal(0)
    expect(err).to.match(/^until all is there, every program at 127\.0\.0\.1 has cdra on \S+\/second and/)
    expect((await run('diff', `${root}/t`, `${root}/second`)).code).to.equal(0)
  })

  it('is imported from its export, and again without a change', async () => {
    await lock('/t/a', '/t')
    const { out: lines } = await run('export', `${root}/t`)
    const words = ['--hosts', hosts(), '--auth-env', 'ANN', 'import', '-q', '--from', `${root}/t`, '--to']
    const importing = () => zookit([...words, `${root}/back`], { input: lines, env: ANN })
    expect(await importing()).to.deep.equal({
      code: 0,
      out: '4 created, 0 updated, 0 unchanged, 0 conflict, 0 ephemeral\n',
      err: '',
    })
    expect((await run('diff', `${root}/t`, `${root}/back`)).code).to.equal(0)
    expect((await importing()).out).to.match(/^0 created, 0 updated, 4 unchanged/)
  })

  it('is changed by an import that overwrites, and may create below it', async () => {
    const words = ['--hosts', hosts(), '--auth-env', 'ANN', 'import', '-q', '--overwrite']
    const readOnly = [{ scheme: 'world', id: 'anyone', perms: 'r' }]
    const input = [
      { path: `${root}/t`, data: '/t', acl: readOnly },
      { path: `${root}/t/new`, data: 'x' },
    ]
    const lines = input.map(line => `${JSON.stringify(line)}\n`).join('')
    const { out, err } = await zookit([...words], { input: lines, env: ANN })
    expect([out, err]).to.deep.equal(['1 created, 1 updated, 0 unchanged, 0 conflict, 0 ephemeral\n', ''])
    expect((await zk.getAcl(`${root}/t`)).acl).to.deep.equal([acl('r', 'world', 'anyone')])
  })

  it('is moved in steps where its originals may be deleted, and refused where not', async () => {
    for (const path of ['/t/a', '/t']) await zk.setAcl(`${root}${path}`, [acl('rd', 'world', 'anyone')])
    const whole = await run('mv', `${root}/t`, `${root}/moved`)
    expect([whole.code, whole.out]).to.deep.equal([5, ''])
    expect(whole.err).to.contain('--steps sets that ACL last')
    const moved = await run('--auth-env', 'ANN', 'mv', '--steps', `${root}/t`, `${root}/moved`)
    expect(moved).to.deep.equal({ code: 0, out: '4 znodes moved\n', err: '' })
    expect((await zk.getAcl(`${root}/moved/a`)).acl).to.deep.equal([acl('rd', 'world', 'anyone')])
    expect(await zk.exists(`${root}/t`)).to.equal(null)
    await zk.create(`${root}/u`)
    await zk.create(`${root}/u/x`)
    await lock('/u')
    const refused = await run('mv', '--steps', `${root}/u`, `${root}/v`)
    expect([refused.code, refused.out]).to.deep.equal([5, ''])
    expect(refused.err).to.contain(`may delete nothing below ${root}/u (NO_AUTH)`)
    expect(await zk.exists(`${root}/v`)).to.equal(null)
    expect(await zk.exists(`${root}/u/x`)).not.to.equal(null)
  })
})

describe('A copy of a locked tree that was cut off', () => {
  let server: TestServer
  let directory: string
  beforeEach(async () => {
    server = await TestServer.start({ seed: { t: { a: { b: '1' }, c: '2' } } })
    directory = mkdtempSync(join(tmpdir(), 'zookit-cli-'))
    for (const path of ['/t/a', '/t']) await run('setAcl', path, READ_ONLY)
  })
  afterEach(async () => {
    rmSync(directory, { recursive: true })
    await server.stop()
  })

  function run(...words: string[]): Promise<Result> {
    return zookit(['--hosts', server.hosts, ...words], { env: ANN })
  }

  const OPERATIONS: readonly (readonly [operation: string, path: string])[] = [
    ['create', '/u'],
    ['create', '/u/a'],
    ['create', '/u/a/b'],
    ['create', '/u/c'],
    ['setACL', '/u/a'],
    ['setACL', '/u'],
  ]
  for (const [operation, path] of OPERATIONS) {
    it(`is completed by --resume: after ${operation} ${path}`, async () => {
      server.loseNextReply({ operation, path })
      const cut = await run('--auth-env', 'ANN', 'cp', '/t', '/u')
      expect(cut.code).to.equal(7)
      expect(cut.err).to.contain('--resume copies the rest, and sets the ACLs that come last')
      const resumed = await run('--auth-env', 'ANN', 'cp', '--resume', '/t', '/u')
      expect([resumed.code, resumed.err]).to.deep.equal([0, ''])
      expect((await run('diff', '/t', '/u')).code).to.equal(0)
    })

    it(`is completed when the import is run again: after ${operation} ${path}`, async () => {
      const file = join(directory, 'u.ndjson')
      writeFileSync(file, (await run('export', '/t')).out.replaceAll('"/t', '"/u'))
      server.loseNextReply({ operation, path })
      expect((await run('--auth-env', 'ANN', 'import', '-q', file)).code).to.equal(7)
      const resumed = await run('--auth-env', 'ANN', 'import', '-q', file)
      expect([resumed.code, resumed.err]).to.deep.equal([0, ''])
      expect((await run('diff', '/t', '/u')).code).to.equal(0)
    })
  }

  it('is completed after a broken line behind a znode that turns out to be a parent', async () => {
    const file = join(directory, 'u.ndjson')
    const lines = (await run('export', '/t')).out.replaceAll('"/t', '"/u').split('\n')
    writeFileSync(file, [lines[0], 'broken', ...lines.slice(1)].join('\n'))
    expect((await run('--auth-env', 'ANN', 'import', '-q', file)).code).to.equal(3)
    writeFileSync(file, lines.join('\n'))
    const mended = await run('--auth-env', 'ANN', 'import', '-q', file)
    expect(mended).to.deep.equal({
      code: 0,
      out: '3 created, 1 updated, 0 unchanged, 0 conflict, 0 ephemeral\n',
      err: '',
    })
    expect((await run('diff', '/t', '/u')).code).to.equal(0)
  })

  it('leaves a znode that must not be read as it is, tells of it, and goes on', async () => {
    const secret = '{"path":"/s","acl":[{"scheme":"digest","id":"bob:x=","perms":"cdrwa"}]}'
    const input = `${secret}\n{"path":"/s/x"}\n{"path":"/open"}\n`
    const words = ['--hosts', server.hosts, '--auth-env', 'ANN', 'import', '-q']
    expect((await zookit(words, { input, env: ANN })).code).to.equal(0)
    const again = await zookit(words, { input, env: ANN })
    expect(again.out).to.equal('0 created, 0 updated, 1 unchanged, 0 conflict, 0 ephemeral, 2 unread\n')
    expect(again.err).to.contain('left out: /s and all below it (NO_AUTH)\n')
    expect(again.code).to.equal(5)
  })

  it('ends with the code of the refusal where a quota ends it, and goes on when that is gone', async () => {
    server.answerWith({ operation: 'create', path: '/u/a/b' }, 'QUOTA_EXCEEDED')
    const cut = await run('--auth-env', 'ANN', 'cp', '/t', '/u')
    expect(cut.code).to.equal(3)
    expect(cut.err).to.match(/--resume copies the rest(.*\n)+.*QUOTA_EXCEEDED.*earlier steps/)
    expect((await run('--auth-env', 'ANN', 'cp', '--resume', '/t', '/u')).code).to.equal(0)
    expect((await run('diff', '/t', '/u')).code).to.equal(0)
  })

  it('is refused by a file whose lines are out of order, with advice that holds', async () => {
    const readOnly = [{ scheme: 'world', id: 'anyone', perms: 'r' }]
    const lines = [{ path: '/w', acl: readOnly }, { path: '/w-b' }, { path: '/w/x' }]
    const input = lines.map(line => `${JSON.stringify(line)}\n`).join('')
    const { code, err } = await zookit(['--hosts', server.hosts, 'import', '-q'], { input })
    expect(code).to.equal(5)
    expect(err).to.match(/^It ended at line 3 .*are done\.\n.*NO_AUTH.*\n.*right before those below it/)
  })

  it('is not told as the same where somebody has given it another ACL', async () => {
    expect((await run('--auth-env', 'ANN', 'cp', '/t', '/u')).code).to.equal(0)
    await run('create', '/w', 'x', 'world:anyone:r')
    await run('create', '/v', 'x', `${READ_ONLY},digest:bob:hash=:rw`)
    const { code, out } = await run('cp', '--resume', '/w', '/v')
    expect([code, out]).to.deep.equal([1, '! /v\n0 znodes copied, 1 differs\n'])
  })
})
