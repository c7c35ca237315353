import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Result, zookit } from './support/program.ts'

/** Faults of a line, and the part of the message that names each. */
const BROKEN: readonly (readonly [what: string, line: string | Buffer, told: RegExp])[] = [
  ['is cut off', '{"path":"/app/a","da', /JSON/],
  ['is no JSON', 'hello', /JSON/],
  ['is no object', '["/app/a"]', /path/],
  ['has no path', '{"data":"x"}', /path/],
  ['has a relative path', '{"path":"app/a"}', /does not start with/],
  ['has an empty name in its path', '{"path":"/app//a"}', /empty name/],
  ['has a number as data', '{"path":"/app/a","data":5}', /string/],
  ['has a field that an export has not', '{"path":"/app/a","dat":"x"}', /dat/],
  ['has data that is not base64', '{"path":"/app/a","base64":"!!!!"}', /not base64/],
  ['has data twice', '{"path":"/app/a","data":"x","base64":"eA=="}', /exclude each other/],
  ['has an ACL without entries', '{"path":"/app/a","acl":[]}', /an entry at least/],
  [
    'has an unknown permission',
    '{"path":"/app/a","acl":[{"scheme":"world","id":"anyone","perms":"q"}]}',
    /cdrwa/,
  ],
  [
    'is not UTF-8',
    Buffer.concat([Buffer.from('{"path":"/app/a","data":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    /UTF-8/,
  ],
]

/** Lines that only the server or the client refuses. */
const REFUSED: readonly (readonly [what: string, line: string, code: number, told: RegExp])[] = [
  ['has no parent', '{"path":"/app/x/y"}', 4, /NO_NODE/],
  [
    'has an ACL of an unknown scheme',
    '{"path":"/app/a","acl":[{"scheme":"nope","id":"x","perms":"r"}]}',
    3,
    /INVALID_ACL/,
  ],
  ['has too much data', JSON.stringify({ path: '/app/a', data: 'x'.repeat(1_100_000) }), 3, /limit/],
]

describe('zookit import', () => {
  let server: TestServer
  let directory: string
  let file: string
  beforeEach(async () => {
    server = await TestServer.start()
    directory = mkdtempSync(join(tmpdir(), 'zookit-cli-'))
    file = join(directory, 'app.ndjson')
  })
  afterEach(async () => {
    rmSync(directory, { recursive: true })
    await server.stop()
  })

  /** Imports the file, with this between two good lines. */
  function run(between: string | Buffer, ...options: string[]): Promise<Result> {
    writeFileSync(
      file,
      Buffer.concat([
        Buffer.from('{"path":"/app","data":"v1"}\n'),
        Buffer.from(between),
        Buffer.from('\n{"path":"/app/last"}\n'),
      ]),
    )
    return zookit(['--hosts', server.hosts, 'import', file, '-q', ...options])
  }

  it('ends with 4 where the file has nothing at or below --from, and says what it has', async () => {
    for (const more of [[], ['--to', '/x'], ['--dry-run'], ['--json']]) {
      const { code, err } = await run('{"path":"/app/a"}', '--from', '/ap', ...more)
      expect(code).to.equal(4)
      expect(err).to.contain(`nothing in ${file} is at or below /ap: it has 3 znodes, the first at /app`)
    }
    expect(server.dump()).to.deep.equal({})
    const empty = await zookit(['--hosts', server.hosts, 'import', '--from', '/app'])
    expect(empty.code).to.equal(4)
    expect(empty.err).to.contain('nothing in standard input is at or below /app: it has no znodes')
  })

  it('refuses a --from or --to that is no path', async () => {
    for (const [option, path] of [
      ['--from', '/app/'],
      ['--from', 'app'],
      ['--to', '/a//b'],
    ] as const) {
      const { code, err } = await run('', option, path)
      expect({ code, isNamed: err.includes(`${option}: `) }, path).to.deep.equal({ code: 2, isNamed: true })
    }
  })

  for (const [what, line, told] of BROKEN) {
    it(`names a line that ${what}, keeps the lines before it, and goes on when it is mended`, async () => {
      const dry = await run(line, '--dry-run')
      expect(dry.code).to.equal(3)
      expect(dry.err).to.contain(`line 2 of ${file} is no znode: `).and.to.match(told)
      expect(server.dump()).to.deep.equal({})
      const { code, out, err } = await run(line)
      expect({ code, out }).to.deep.equal({ code: 3, out: '' })
      expect(err).to.equal(dry.err)
      expect(server.dump()).to.deep.equal({ '/app': 'v1' })
      expect(await run('{"path":"/app/a"}')).to.deep.equal({
        code: 0,
        out: '2 created, 0 updated, 1 unchanged, 0 conflict, 0 ephemeral\n',
        err: '',
      })
    })
  }

  for (const [what, line, code, told] of REFUSED) {
    it(`names a line that is refused because it ${what}`, async () => {
      const refused = await run(line)
      expect(refused.code).to.equal(code)
      expect(refused.err)
        .to.match(told)
        .and.to.contain(`It ended at line 2 of ${file}: the lines before it are done.`)
      expect(server.dump()).to.deep.equal({ '/app': 'v1' })
    })
  }

  it('tells in a dry run of a parent that would be missing, and of a path that comes twice', async () => {
    const orphan = await run('{"path":"/app/x/y"}', '--dry-run')
    expect(orphan.code).to.equal(4)
    expect(orphan.err).to.contain('its parent would not exist')
    expect((await run('{"path":"/app/last","data":"other"}', '--dry-run')).out).to.equal(
      'would be: 2 created, 0 updated, 0 unchanged, 1 conflict, 0 ephemeral\n',
    )
  })

  it('reads lines as other systems end them, and passes over a byte order mark and empty lines', async () => {
    writeFileSync(file, '\uFEFF{"path":"/app","data":"v1"}\r\n\r\n{"path":"/app/a","data":"\uFFFD"}')
    expect((await zookit(['--hosts', server.hosts, 'import', file, '-q'])).out).to.match(/^2 created/)
    expect(server.dump()).to.deep.equal({ '/app': 'v1', '/app/a': '\uFFFD' })
  })

  it('names a field that it does not know, and one that is missing', async () => {
    expect((await run('{"path":"/x","dat":"1"}')).err).to.contain(
      'is no znode: it has an unknown field dat\n',
    )
    expect((await run('{"data":"1"}')).err).to.contain('is no znode: it lacks the field path\n')
  })

  it('refuses a file that cannot be read', async () => {
    for (const name of [join(directory, 'none'), directory]) {
      const { code, err } = await zookit(['--hosts', server.hosts, 'import', name])
      expect(code).to.equal(2)
      expect(err).to.contain(`cannot read ${name}`)
    }
  })
})
