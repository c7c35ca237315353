import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { zookit } from './support/program.ts'

/** Turns the direction of text, has no width, is a control sequence of one character. */
const NAME = 'invoice\u202efdp\u200b'
const DATA = 'a\u001b[31mred\u009b2J\u202e\u0000\ttab\nline'
const SHOWN = 'invoice\\u202efdp\\u200b'
/** Everything that a terminal may be sent: no control character but the colours of our own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const SAFE = /^(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\n\t]|\u001b\[\d+m)*$/u

describe('Hostile names and data', () => {
  let server: TestServer
  before(async () => {
    server = await TestServer.start()
    await using zk = await connect(server.hosts)
    await zk.create('/app')
    await zk.create(`/app/${NAME}`, DATA)
    await zk.create(`/app/${NAME}/child`, DATA)
  })
  after(() => server.stop())

  for (const line of [
    'ls /app',
    'ls -R /app',
    'tree /app',
    'find /app',
    'du /app',
    'diff /app /zookeeper',
    `get /app/${NAME}`,
    `stat /app/${NAME}x`,
    `getAcl /app/${NAME}`,
    `create /app/${NAME}/new`,
    'export /app',
    'import --to /app --dry-run',
  ]) {
    it(`cannot change a terminal: ${line.replace(NAME, 'NAME')}`, async () => {
      const env = { ZOOKIT_HOSTS: server.hosts }
      const input = `{"path":"/${NAME}","data":"x"}\n`
      const plain = await zookit(line.split(' '), { env, input, isTTY: true })
      const colored = await zookit(['--color', 'always', ...line.split(' ')], { env, input, isTTY: true })
      const json = await zookit(['--json', ...line.split(' ')], { env, input, isTTY: true })
      for (const { out, err } of [plain, colored, json]) {
        expect(out).to.match(SAFE)
        expect(err).to.match(SAFE)
      }
    })
  }

  it('are told apart on a terminal, and keep its colours', async () => {
    const env = { ZOOKIT_HOSTS: server.hosts }
    const { out } = await zookit(['--color', 'always', 'tree', '/app'], { env, isTTY: true })
    expect(out).to.include(`\u001b[1m${SHOWN}\u001b[22m`)
    const data = await zookit(['--color', 'always', 'get', `/app/${NAME}`], { env, isTTY: true })
    expect(data.out).to.equal('a\\x1b[31mred\\x9b2J\\u202e\\x00\ttab\nline\n')
  })

  it('come out exactly in JSON, in a pipe and from cat', async () => {
    const env = { ZOOKIT_HOSTS: server.hosts }
    const path = `/app/${NAME}`
    const { out } = await zookit(['--json', 'get', path], { env, isTTY: true })
    const { data, path: told } = JSON.parse(out)
    expect([told, data]).to.deep.equal([path, DATA])
    expect((await zookit(['get', path], { env })).out).to.equal(`${DATA}\n`)
    expect((await zookit(['cat', path], { env })).out).to.equal(DATA)
  })
})
