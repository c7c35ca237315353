import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { zookit } from './support/program.ts'

/** Commands that read, and the operation at which the server is lost. */
const READS: readonly (readonly [line: string, operation: string])[] = [
  ['get /app/a', 'getData'],
  ['cat /app/a', 'getData'],
  ['ls /app', 'getChildren2'],
  ['ls -R /app', 'getChildren2'],
  ['stat /app', 'exists'],
  ['sync /', 'sync'],
  ['getAcl /app', 'getACL'],
  ['getAllChildrenNumber /', 'getAllChildrenNumber'],
  ['getEphemerals', 'getEphemerals'],
  ['whoami', 'whoAmI'],
  ['tree /app', 'getChildren2'],
  ['find /app', 'getChildren2'],
  ['du /app', 'getChildren2'],
  ['export /app', 'getData'],
  ['diff /app /other', 'getACL'],
  ['config', 'getData'],
  ['listquota /app', 'getData'],
  ['watch /app', 'addWatch'],
]

/** Commands that write, and the operation at which the server is lost. */
const WRITES: readonly (readonly [line: string, operation: string])[] = [
  ['set /app/a 2', 'setData'],
  ['put /app/a', 'setData'],
  ['create /new', 'create'],
  ['create -c /new', 'createContainer'],
  ['delete /app/a', 'delete'],
  ['deleteall /app', 'multi'],
  ['setAcl /app world:anyone:r', 'setACL'],
  ['setAcl -R /app world:anyone:cdrwa', 'setACL'],
  ['cp /app /copy', 'create'],
  ['mv /app /moved', 'multi'],
  ['mv --steps /app /moved', 'multi'],
  ['setquota -n 5 /app', 'create'],
  ['reconfig -remove 3', 'reconfig'],
]

describe('A command whose server is lost', function () {
  this.timeout(60_000)
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: { a: '1', b: '2' }, other: { a: '1' } } })
  })
  afterEach(() => server.stop())

  for (const [line, operation] of READS) {
    it(`ends with 6, and says that it changes nothing: ${line}`, async () => {
      server.loseNextReply(operation)
      const { code, err } = await zookit(['--hosts', server.hosts, ...line.split(' ')])
      expect(code, err).to.equal(6)
      const notes = line.startsWith('watch') ? 'connection lost, connecting again\n' : ''
      expect(err.slice(0, notes.length)).to.equal(notes)
      expect(err.slice(notes.length)).to.match(
        /^zookit \w+: CONNECTION_LOSS \(\w+.*\n {2}It changes nothing: run it again\.\n$/,
      )
    })
  }

  for (const [line, operation] of WRITES) {
    for (const isApplied of [true, false]) {
      it(`ends with 7 where it was ${isApplied ? '' : 'not '}applied, and says to look: ${line}`, async () => {
        if (isApplied) server.loseNextReply(operation)
        else server.dropNextRequest(operation)
        const { code, err } = await zookit(['--hosts', server.hosts, ...line.split(' ')])
        expect(code, err).to.equal(7)
        expect(err).to.match(
          /zookit \w+: CONNECTION_LOSS \(\w+.*\n {2}It may have been applied: look, before.*\n$/,
        )
      })
    }
  }

  it('tells in JSON what became of it', async () => {
    server.loseNextReply('setData')
    const { code, out, err } = await zookit(['--json', '--hosts', server.hosts, 'set', '/app/a', '2'])
    expect({ code, out }).to.deep.equal({ code: 7, out: '' })
    expect(JSON.parse(err).error).to.include({
      exitCode: 7,
      code: 'CONNECTION_LOSS',
      outcome: 'unknown',
      path: '/app/a',
    })
  })

  it('ends in the time given where the server answers nothing any more', async () => {
    for (const [words, code] of [
      [['get', '/app/a'], 124],
      [['set', '/app/a', '2'], 7],
    ] as const) {
      const held = server.holdNextReply(words[0] === 'get' ? 'getData' : 'setData')
      const result = await zookit(['--hosts', server.hosts, '--timeout', '1000', ...words])
      expect(result.code).to.equal(code)
      expect(result.err).to.match(/REQUEST_TIMEOUT.*within 1000 ms\n.*--timeout MS gives it more time/)
      held.cancel()
      server.releaseReplies()
    }
  })
})
