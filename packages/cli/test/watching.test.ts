import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { start, told, zookit } from './support/program.ts'

describe('A command that watches', () => {
  let server: TestServer
  beforeEach(async () => {
    server = await TestServer.start({ seed: { app: { a: '1' } } })
  })
  afterEach(() => server.stop())

  const at = (...words: string[]): string[] => ['--hosts', server.hosts, ...words]

  for (const words of [
    ['get', '-w', '/app/a'],
    ['stat', '-w', '/app/a'],
  ]) {
    it(`tells of the change and ends: ${words.join(' ')}`, async () => {
      const running = start(at(...words))
      await running.seen(words[0] === 'get' ? '1\n' : 'numChildren')
      await zookit(at('set', '/app/a', '2'))
      const { code, out } = await running.result
      expect(out).to.match(/WATCHER:: changed \/app\/a\n$/)
      expect(code).to.equal(0)
    })
  }

  it('tells of a new child and ends: ls -w, and of all below: ls -R -w', async () => {
    const running = start(at('ls', '-w', '/app', '--json'))
    await running.seen('"children":["a"]')
    const deep = start(at('ls', '-R', '-w', '/app'))
    await deep.seen('/app/a\n')
    while (server.watches().length < 3) await new Promise(resolve => setTimeout(resolve, 5))
    await zookit(at('create', '/app/a/b'))
    await zookit(at('create', '/app/c'))
    expect((await running.result).out).to.contain('"type":"children","path":"/app"')
    expect((await deep.result).out).to.contain('WATCHER:: children /app/a\nWATCHER:: children /app\n')
  })

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends with ${expected} on ${signal}, and calls no watch lost that goes with its session`, async () => {
      for (const [words, before] of [
        [['get', '-w', '/app/a'], '1\n'],
        [['stat', '-w', '/app/a'], 'numChildren'],
        [['ls', '-w', '/app'], '[a]'],
        [['ls', '-R', '-w', '/app'], '/app/a\n'],
        [['--json', 'config', '-w'], '"members"'],
      ] as const) {
        const running = start(at(...words))
        await running.seen(before)
        while (server.watches().length === 0) await new Promise(resolve => setTimeout(resolve, 5))
        running.signal(signal)
        const { code, out } = await running.result
        expect(out, words.join(' ')).to.not.contain('lost')
        expect(code, words.join(' ')).to.equal(expected)
      }
    })
  }

  for (const words of [
    ['watch', '/app'],
    ['--json', 'watch', '/app'],
    ['addWatch', '/app'],
    ['get', '-w', '/app/a'],
    ['ls', '-w', '/app'],
  ]) {
    it(`says on standard error when the connection is lost, and when it is there again: ${words.join(' ')}`, async () => {
      const running = start(at(...words))
      while (server.watches().length === 0) await new Promise(resolve => setTimeout(resolve, 5))
      await server.restart()
      await told(running, 'connected again')
      const expected = ['connection lost, connecting again', 'connected again']
      const lines = words[0] === '--json' ? expected.map(note => JSON.stringify({ note })) : expected
      expect(running.err()).to.equal(lines.map(line => `${line}\n`).join(''))
      running.signal('SIGINT')
      expect((await running.result).code).to.equal(130)
    })
  }

  it('says why it does not go on at once where the server has come back empty', async () => {
    const running = start(at('--session-timeout', '10000', 'watch', '/app'))
    while (server.watches().length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    await zookit(at('set', '/app', '2'))
    await running.seen('changed /app')
    const { port } = server
    await server.stop()
    server = await TestServer.start({ port })
    await told(running, 'if that stays so')
    expect(running.err()).to.match(
      /not connected: .*behind what this client has seen.*its data was lost.*takes it as it is in \d+ ms\n/,
    )
    running.signal('SIGINT')
    expect((await running.result).code).to.equal(130)
    expect(running.err().match(/its data was lost/g)).to.have.length(1)
  })

  it('goes on until Ctrl-C, over a lost connection too: addWatch', async () => {
    const running = start(at('addWatch', '/app'))
    while (server.watches().length === 0) await new Promise(resolve => setTimeout(resolve, 5))
    await zookit(at('set', '/app/a', '2'))
    await running.seen('WATCHER:: changed /app/a')
    server.dropConnections()
    await running.seen('WATCHER:: resync /app: reconnected, changes may have been missed')
    running.signal('SIGINT')
    expect((await running.result).code).to.equal(130)
    expect(server.sessions()).to.deep.equal([])
  })
})
