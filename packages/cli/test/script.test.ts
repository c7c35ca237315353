import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Result, start, zookit } from './support/program.ts'

describe('A script on standard input', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: '1' } })
  })
  afterEach(() => server.stop())

  function run(lines: readonly string[], ...words: string[]): Promise<Result> {
    return zookit(['--hosts', server.hosts, ...words], { input: lines.join('\n') })
  }

  it('ends with 0 where all commands did what they were asked', async () => {
    const { code, err } = await run(['# a comment', '', 'set /app 2', '  # another', 'get /app', 'quit', 'x'])
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
  })

  it('ends at the first command that fails, with its exit code, and names the line', async () => {
    const { code, err } = await run(['# a comment', 'cp /none /copy', '', 'deleteall /app', 'ls /'])
    expect(code).to.equal(4)
    expect(err).to.match(/NO_NODE(.*\n)*line 2 has failed: what comes after it was not run. --keep-going/)
    expect(server.dump()).to.have.property('/app')
    const json = await run(['get /none', 'get /app'], '--json')
    expect(JSON.parse(json.err.trim().split('\n').at(-1)!)).to.have.keys('note')
  })

  it('says nothing of lines behind the last one', async () => {
    const { code, err } = await run(['get /app', 'get /none', '', '# done'])
    expect(code).to.equal(4)
    expect(err).to.not.contain('not run')
  })

  it('goes on with --keep-going, and ends with the code of the first that failed', async () => {
    const { code, out } = await run(['get /none', 'nonsense', 'get /app', 'quit'], '--keep-going')
    expect(code).to.equal(4)
    expect(out).to.contain('1\n')
  })

  for (const line of [
    'deleteall --hosts 127.0.0.1:1 /app',
    'deleteall --ensemble test /app',
    'deleteall --auth-env NOBODY /app',
    'deleteall --read-only /app',
    'deleteall --keep-going /app',
  ]) {
    it(`refuses an option of the session in a line: ${line}`, async () => {
      const { code, err } = await run([line])
      expect(err).to.contain(`${line.split(' ')[1]} belongs to the session`)
      expect(code).to.equal(2)
      expect(server.dump()).to.have.property('/app')
    })
  }

  it('keeps the options that it was started with, and lets a line give its own of --timeout and --json', async () => {
    const env = { ALICE: 'digest:alice:secret' }
    const options = ['--auth-env', 'ALICE', '--timeout', '9000']
    await zookit(['--hosts', server.hosts, ...options, 'create', '/private', 'x', 'auth::cdrwa'], { env })
    // The second tree is read in another session, which these options make.
    const input = `diff /private /private --other ${server.hosts}\nget --json --timeout 8000 /private`
    const { code, out, err } = await zookit(['--hosts', server.hosts, ...options], { env, input })
    expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    expect(JSON.parse(out)).to.include({ path: '/private', data: 'x' })
  })

  for (const line of ['put /app', 'import']) {
    it(`takes no data from the lines of the script: ${line}`, async () => {
      const { code, err } = await run([line, 'set /app 2'])
      expect(code).to.equal(2)
      expect(err).to.match(/the lines of the shell come from standard input, so no data can\n {2}Name a file/)
      expect(server.dump()['/app']).to.equal('1')
    })
  }

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends with ${expected} on ${signal}, also between two commands`, async () => {
      for (const line of ['get /app\n', 'wait-for /never\n']) {
        const running = start(['--hosts', server.hosts, '--keep-going'])
        running.stdin.write(`get /app\n${line}`)
        await running.seen('1\n')
        running.signal(signal)
        expect((await running.result).code).to.equal(expected)
      }
    })
  }
})
