import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { LeftOut } from '../src/commands/trees/left-out.ts'
import { loadTree, totalsOf } from '../src/commands/trees/load-tree.ts'
import { start, zookit } from './support/program.ts'

describe('A command for trees', function () {
  this.timeout(60_000)
  let server: TestServer
  let directory: string
  beforeEach(async () => {
    server = await TestServer.start()
    directory = mkdtempSync(join(tmpdir(), 'zookit-cli-'))
  })
  afterEach(async () => {
    rmSync(directory, { recursive: true })
    await server.stop()
  })
  const at = (...words: string[]): string[] => ['--hosts', server.hosts, ...words]

  /** Waits until the server has taken a request of this operation. */
  async function requested(operation: string): Promise<void> {
    while (!server.requests().some(request => request.operation === operation)) {
      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }

  /** Makes a tree with every kind of znode. */
  async function fill(): Promise<AsyncDisposable> {
    const zk = await connect(server.hosts)
    await zk.create('/app', Buffer.from([0, 255, 10]))
    await zk.create('/app/null')
    await zk.create('/app/empty', '')
    await zk.create('/app/ümlaut\u2028', 'Grüße')
    await zk.create('/app/deep', 'x')
    await zk.create('/app/deep/er', 'y'.repeat(100_000))
    await zk.create('/app/mine', 'z', { mode: 'ephemeral' })
    return zk
  }

  it('loads a wide tree in the order of its names, down to a level', async () => {
    const names = Array.from({ length: 2000 }, (_, i) => `n${String(i).padStart(4, '0')}`)
    await using wide = await TestServer.start({
      seed: { app: Object.fromEntries(names.map(name => [name, { below: '' }])) },
    })
    await using zk = await connect(wide.hosts)
    const limits = { signal: new AbortController().signal, timeout: 10_000 }
    const leftOut = new LeftOut({ note: () => {} })
    const tree = await loadTree(zk, '/app', { limits, leftOut })
    expect(tree.children.map(({ name, children }) => [name, children.length])).to.deep.equal(
      names.map(name => [name, 1]),
    )
    expect(totalsOf(tree).znodes).to.equal(4001)
    expect(totalsOf(await loadTree(zk, '/app', { limits, leftOut, depth: 1 })).znodes).to.equal(2001)
    expect(totalsOf(await loadTree(zk, '/', { limits, leftOut, depth: 0 })).znodes).to.equal(1)
  })

  it('keeps every byte through put and cat', async () => {
    const file = join(directory, 'bytes')
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    writeFileSync(file, bytes)
    expect((await zookit(at('put', '/bytes', file))).code).to.equal(0)
    await using zk = await connect(server.hosts)
    expect((await zk.getData('/bytes')).data).to.deep.equal(bytes)
    const out = (await zookit(at('--json', 'cat', '/bytes'))).out
    expect(Buffer.from(JSON.parse(out).base64, 'base64')).to.deep.equal(bytes)
  })

  it('replaces the file of an export when all is written, and keeps it where that fails', async () => {
    await using _zk = await fill()
    const file = join(directory, 'kept.ndjson')
    const link = join(directory, 'link')
    writeFileSync(file, 'the last export')
    chmodSync(file, 0o644)
    symlinkSync(file, link)
    const env = { ALICE: 'digest:alice:secret' }
    const denied = 'digest:alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=:cdrwa,world:anyone:r'
    await zookit(at('setAcl', '/app/deep', denied))
    for (const words of [['/none'], ['/app']]) {
      expect((await zookit(at('export', ...words, '-o', link))).code).to.be.oneOf([4, 5])
      expect(readFileSync(file, 'utf8')).to.equal('the last export')
    }
    expect((await zookit(at('--auth-env', 'ALICE', 'export', '/app', '-o', link), { env })).code).to.equal(0)
    expect(readFileSync(file, 'utf8')).to.match(/^\{"path":"\/app",(.*\n)+$/)
    expect(statSync(file).mode & 0o777).to.equal(0o644)
    expect(lstatSync(link).isSymbolicLink()).to.equal(true)
    expect(readdirSync(directory).filter(name => name.endsWith('.part'))).to.deep.equal([])
  })

  it('exports a tree and imports it elsewhere, with every byte, without the ephemeral znodes', async () => {
    await using _zk = await fill()
    const file = join(directory, 'app.ndjson')
    const exported = await zookit(at('export', '/app', '-o', file))
    expect(exported).to.deep.equal({ code: 0, out: '7 znodes exported\n', err: '' })
    expect(statSync(file).mode & 0o777).to.equal(0o600)
    expect(readFileSync(file, 'utf8')).to.match(/"path":"\/app\/mine","data":"z","ephemeral":"0x[0-9a-f]+"/)
    await using other = await TestServer.start()
    const there = (...words: string[]): string[] => ['--hosts', other.hosts, ...words]
    expect((await zookit(there('import', file, '-q'))).out).to.equal(
      '6 created, 0 updated, 0 unchanged, 0 conflict, 1 ephemeral\n',
    )
    expect((await zookit(at('diff', '/app', '/app', '--other', other.hosts))).code).to.equal(0)
    expect((await zookit(there('diff', `file:${file}`, '/app'))).code).to.equal(0)
    await zookit(there('set', '/app/deep', 'changed'))
    expect((await zookit(at('diff', '/app', '/app', '--other', other.hosts))).out).to.equal(
      '~ /deep (data)\n',
    )
  })

  it('says what to do where a file cannot be written', async () => {
    await using _zk = await fill()
    const { code, err } = await zookit(at('export', '/app', '-o', join(directory, 'none', 'file')))
    expect(code).to.equal(2)
    expect(err).to.match(/^zookit export: cannot write .*ENOENT.*\n {2}Name a file in a folder/)
    const full = await zookit(at('export', '/app', '-o', '/dev/full'))
    expect(full.code).to.equal(3)
    expect(full.err).to.match(
      /^zookit export: cannot write .*ENOSPC.*\n {2}Make room or choose another place/,
    )
  })

  it('goes on with an import that was cut off', async () => {
    await using _zk = await fill()
    const file = join(directory, 'app.ndjson')
    await zookit(at('export', '/app', '-o', file))
    await using other = await TestServer.start()
    const there = (...words: string[]): string[] => ['--hosts', other.hosts, ...words]
    other.closeMidFrame({ operation: 'create', path: '/app/empty' })
    const cut = await zookit(there('import', file, '-q'))
    expect([6, 7]).to.include(cut.code)
    const again = await zookit(there('import', file, '-q'))
    expect(again.code).to.equal(0)
    expect(again.out).to.match(/^[1-5] created, 0 updated, [1-5] unchanged, 0 conflict, 1 ephemeral\n$/)
    expect((await zookit(there('diff', `file:${file}`, '/app'))).code).to.equal(0)
  })

  it('finds the znodes of a session', async () => {
    await using _zk = await fill()
    expect((await zookit(at('find', '/', '--ephemeral'))).out).to.equal('/app/mine\n')
    const owner = `0x${server.sessions()[0]!.id.toString(16)}`
    expect((await zookit(at('find', '/', '--owner', owner))).out).to.equal('/app/mine\n')
  })

  for (const words of [['cp'], ['cp', '--resume'], ['mv'], ['mv', '--steps'], ['mv', '--resume']]) {
    it(`refuses to put a tree into itself, which would grow each time: ${words.join(' ')}`, async () => {
      await zookit(at('create', '/own', 'x'))
      const before = server.dump()
      for (const to of ['/own', '/own/below']) {
        const { code, err } = await zookit(at(...words, '/own', to))
        expect(code, to).to.equal(2)
        expect(err, to).to.match(/\/own cannot be (copied|moved) to .*\n {2}Name a place outside/)
      }
      expect(server.dump()).to.deep.equal(before)
    })
  }

  it('refuses to move what belongs to a session', async () => {
    await using _zk = await fill()
    const { code, err } = await zookit(at('mv', '/app', '/moved'))
    expect(code).to.equal(3)
    expect(err).to.contain('/app/mine is ephemeral')
    expect(server.dump()).to.not.have.property('/moved')
  })

  it('moves nothing when somebody changes the tree meanwhile', async () => {
    await zookit(at('put', '/app'), { input: '1' })
    server.holdNextReply({ operation: 'getACL' })
    const running = start(at('mv', '/app', '/moved'))
    await requested('getACL')
    server.seed({ app: '2' })
    server.releaseReplies()
    const { code, err } = await running.result
    expect(code, err).to.equal(3)
    expect(err).to.match(/BAD_VERSION.*\n {2}Somebody has changed it while it was read: nothing was moved/)
    expect(server.dump()).to.deep.equal({ '/app': '2' })
  })

  describe('edit', () => {
    /** Makes an editor: a shell script that gets the file. */
    function editor(script: string): Record<string, string> {
      const file = join(directory, 'editor')
      writeFileSync(file, `#!/bin/sh\n${script}\n`)
      chmodSync(file, 0o755)
      return { EDITOR: file, PATH: process.env.PATH! }
    }

    beforeEach(() => zookit(at('create', '/app', 'v1')))

    it('writes what the editor has made of it', async () => {
      const env = editor('printf v2 > "$1"')
      expect((await zookit(at('edit', '/app'), { env })).out).to.equal('/app has version 1 now\n')
      expect(server.dump()).to.deep.equal({ '/app': 'v2' })
    })

    it('does not start an editor of its own choice where there is no terminal', async () => {
      const { code, err } = await zookit(at('edit', '/app'))
      expect(code).to.equal(2)
      expect(err).to.match(/^zookit edit: neither \$VISUAL nor \$EDITOR .*\n {2}Set EDITOR\./)
    })

    it('writes nothing where nothing was changed, or where the editor failed', async () => {
      expect((await zookit(at('edit', '/app'), { env: editor('true') })).out).to.equal('not changed\n')
      const { code, err } = await zookit(at('edit', '/app'), { env: editor('printf v2 > "$1"; exit 1') })
      expect([code, err]).to.deep.equal([3, 'zookit edit: the editor ended with 1: nothing was written\n'])
      expect(server.dump()).to.deep.equal({ '/app': 'v1' })
    })

    it('keeps the text in a file where somebody else was faster', async () => {
      const env = editor(`while [ ! -e ${directory}/go ]; do sleep 0.02; done; printf mine > "$1"`)
      const running = start(at('edit', '/app'), env)
      await requested('getData')
      await zookit(at('set', '/app', 'theirs'))
      writeFileSync(join(directory, 'go'), '')
      const { code, err } = await running.result
      expect(code).to.equal(3)
      const file = /Your text is in (\S+)\.\n/.exec(err)![1]!
      expect(readFileSync(file, 'utf8')).to.equal('mine')
      rmSync(join(file, '..'), { recursive: true })
      expect(server.dump()).to.deep.equal({ '/app': 'theirs' })
    })
  })

  it('prints changes with their data as they happen, and resync: watch', async () => {
    await zookit(at('create', '/app', 'v1'))
    const lines = start(at('watch', '-R', '/app'))
    const json = start(at('watch', '-R', '-d', '--json', '/app'))
    while (server.watches().length < 2) await new Promise(resolve => setTimeout(resolve, 5))
    await zookit(at('set', '/app', 'v2'))
    await zookit(at('create', '/app/new', 'n'))
    await lines.seen(/^[\d:.]{12} changed \/app\n[\d:.]{12} created \/app\/new\n/)
    await json.seen(/"type":"changed","path":"\/app".*"data":"v2"\}\n.*"type":"created".*"data":"n"\}\n/)
    server.dropConnections()
    await lines.seen('resync /app (reconnected)')
    for (const running of [lines, json]) {
      running.signal('SIGINT')
      expect((await running.result).code).to.equal(130)
    }
  })
})
