import { Readable } from 'node:stream'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { redirected } from './support/process.ts'
import { start, zookit } from './support/program.ts'

describe('The streams of zookit', function () {
  this.timeout(60_000)
  let server: TestServer
  before(async () => {
    server = await TestServer.start({ seed: { app: { inside: 'kept' } } })
  })
  after(() => server.stop())
  const at = (...words: string[]): string[] => ['--hosts', server.hosts, ...words]

  it('takes a folder for no empty input, of which `put` would make an empty znode', async () => {
    for (const words of [at('put', '/app/inside'), at('import'), at()]) {
      const { code, out, err } = await redirected(words, '< /')
      expect({ code, out }, words.join(' ')).to.deep.equal({ code: 2, out: '' })
      expect(err).to.match(/^zookit( put| import)?: cannot read standard input: EISDIR/)
    }
    expect((await zookit(at('get', '/app/inside'))).out).to.equal('kept\n')
  })

  it('tells of an input that fails, at once or after a part of it was done', async () => {
    const disk = new Error('the disk is gone')
    const put = start(at('put', '/app/inside'))
    put.stdin.on('error', () => {}).destroy(disk)
    const failed = await put.result
    expect(failed).to.include({ code: 2, err: 'zookit put: cannot read standard input: the disk is gone\n' })
    for (const words of [at('import'), at()]) {
      const running = start(words)
      // An import looks one line ahead, for what is below a znode.
      const line = words.length > 2 ? '{"path":"/part"}\n{"path":"/rest"}' : 'create /part'
      async function* lines(): AsyncGenerator<string> {
        yield `${line}\n`
        await running.seen('/part')
        throw disk
      }
      Readable.from(lines())
        .on('error', error => running.stdin.destroy(error))
        .pipe(running.stdin)
      const { code, err } = await running.result
      expect(code).to.equal(3)
      expect(err).to.match(/cannot read standard input: the disk is gone\n {2}A part of it was read/)
      expect((await zookit(at('delete', '/part'))).code).to.equal(0)
    }
  })

  it('tells in a line that its output cannot be written', async () => {
    for (const words of [at('ls', '/'), at('export', '/app'), at('cat', '/app/inside')]) {
      const { code, err } = await redirected(words, '> /dev/full')
      expect(code).to.equal(3)
      expect(err).to.match(/^zookit: cannot write standard output: ENOSPC[^\n]*\n {2}Make room[^\n]*\n$/)
    }
    const json = await redirected(at('--json', 'ls', '/'), '> /dev/full')
    expect(JSON.parse(json.err).error).to.include({ exitCode: 3 })
  })

  it('goes on where nobody reads its standard error', async () => {
    const { code, out } = await redirected(at('ls', '/app', '/surplus'), '2> /dev/full')
    expect({ code, out }).to.deep.equal({ code: 2, out: '' })
  })
})
