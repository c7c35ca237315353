import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Result, zookit } from './support/program.ts'

/** A server with a znode that everybody may read, and one among others that only its owner may. */
async function serverWithSecret(): Promise<TestServer> {
  const server = await TestServer.start({ seed: { app: { a: '1', z: { deep: '2' } } } })
  await using zk = await connect(server.hosts)
  await zk.addAuth('digest', 'owner:pw')
  await zk.create('/app/m', 'secret')
  await zk.create('/app/m/below', 'secret too')
  await zk.setAcl('/app/m', [{ id: { scheme: 'auth', id: '' }, perms: 31 }])
  return server
}

const TOLD = 'left out: /app/m and all below it (NO_AUTH)\n'
const END = (command: string): string =>
  `zookit ${command}: the rest is complete, but 1 znode must not be read\n  Add an identity that has READ: --auth-env, or \`addauth\`.\n`

describe('a tree with a znode that must not be read', () => {
  let server: TestServer
  let run: (...words: string[]) => Promise<Result>

  before(async () => {
    server = await serverWithSecret()
    run = (...words) => zookit(['--hosts', server.hosts, ...words])
  })
  after(() => server.stop())

  /** Lines that a command prints. */
  const PRINTED: Readonly<Record<string, readonly [words: string[], out: string]>> = {
    find: [['find', '/app'], '/app\n/app/a\n/app/z\n/app/z/deep\n'],
    ls: [['ls', '-R', '/app'], '/app\n/app/a\n/app/z\n/app/z/deep\n'],
    export: [
      ['export', '/app'],
      '{"path":"/app","data":""}\n{"path":"/app/a","data":"1"}\n{"path":"/app/z","data":""}\n{"path":"/app/z/deep","data":"2"}\n',
    ],
  }
  for (const [name, [words, out]] of Object.entries(PRINTED)) {
    it(`is printed by ${name} without it`, async () => {
      const result = await run(...words)
      expect(result.out.replaceAll('"data":null', '"data":""')).to.equal(out)
      expect(result.err).to.equal(TOLD + END(name))
      expect(result.code).to.equal(5)
    })
  }

  it('is searched for data without it', async () => {
    const result = await run('find', '/app', '--data', 'secret|2')
    expect(result).to.deep.equal({ code: 5, out: '/app/z/deep\n', err: TOLD + END('find') })
  })

  it('is searched for data without one that must not be read any more, and in order', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `n${i}`).sort()
    await using wide = await TestServer.start({
      seed: { w: Object.fromEntries(names.map((name, i) => [name, i % 2 === 0 ? 'even' : 'odd'])) },
    })
    const search = (): Promise<Result> => zookit(['--hosts', wide.hosts, 'find', '/w', '--data', '^even$'])
    const even = names.filter((_, i) => i % 2 === 0).map(name => `/w/${name}\n`)
    expect(await search()).to.deep.equal({ code: 0, out: even.join(''), err: '' })
    wide.answerWith({ operation: 'getData', path: even[3]!.trim() }, 'NO_AUTH', 1000)
    wide.answerWith('multiRead', 'UNIMPLEMENTED', 1000)
    const { code, out } = await search()
    expect(code).to.equal(5)
    expect(out).to.equal(even.filter((_, i) => i !== 3).join(''))
  })

  it('is drawn and added up without it', async () => {
    const tree = await run('tree', '/app')
    expect(tree.out).to.include('├── a (1 B)\n└── z')
    expect([tree.code, tree.err]).to.deep.equal([5, TOLD + END('tree')])
    const du = await run('--json', 'du', '/app')
    expect(JSON.parse(du.out.split('\n')[0]!)).to.include({ path: '/app', znodes: 4 })
    expect(du.code).to.equal(5)
    expect(du.err.split('\n').map(line => line && Object.keys(JSON.parse(line)))).to.deep.equal([
      ['note'],
      ['error'],
      '',
    ])
  })

  it('is compared without it, which is not told as a difference', async () => {
    const seed = { app: { a: 'other', m: { below: 'x' }, z: { deep: '2' } } }
    await using other = await TestServer.start({ seed })
    const result = await run('diff', '/app', '/app', '--other', other.hosts)
    expect(result.out).to.equal('~ /a (data)\n')
    expect([result.code, result.err]).to.deep.equal([5, TOLD + END('diff')])
  })

  it('is neither copied nor moved', async () => {
    for (const command of ['cp', 'mv']) {
      const { code, err } = await run(command, '/app', `/${command}`)
      expect(code, command).to.equal(5)
      expect(err, command).to.include('NO_AUTH')
    }
    expect((await run('ls', '/app')).out).to.equal('[a, m, z]\n')
  })

  it('is not listed at all where the root must not be read', async () => {
    const { code, out, err } = await run('find', '/app/m')
    expect([code, out]).to.deep.equal([5, ''])
    expect(err).to.match(/^zookit find: NO_AUTH \(getChildren \/app\/m\)/)
  })
})
