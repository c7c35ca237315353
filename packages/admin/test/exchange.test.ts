import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { nodeEnvironment } from '@zookit/connection'
import { expect } from 'chai'
import { ensembleStatus, FourLetterWords } from '../src/index.ts'
import { failure } from './support/failure.ts'

/** Returns a peer that does with each connection as it is told, and that is no ZooKeeper server. */
async function peer(behave: (socket: Socket) => void): Promise<AsyncDisposable & { hosts: string }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    behave(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    hosts: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const says = (text: string) => (socket: Socket) => socket.once('data', () => socket.end(text))

describe('Four-letter words to a server that is not ZooKeeper', () => {
  it('end at their timeout if nothing comes, and if the end never comes', async () => {
    for (const behave of [() => {}, (socket: Socket) => void socket.write('Zookeeper version: 3.9')]) {
      await using silent = await peer(behave)
      const error = await failure(new FourLetterWords(silent.hosts, { timeout: 50 }).srvr())
      expect(error).to.include({ code: 'TIMEOUT', retryable: true })
    }
  })

  it('end at their timeout also while a name is looked up', async () => {
    const environment = { ...nodeEnvironment, resolve: () => new Promise<string[]>(() => {}) }
    const words = new FourLetterWords('example.org', { timeout: 20, environment })
    expect(await failure(words.ruok())).to.include({ code: 'TIMEOUT' })
  })

  it('take at most maxBytes', async () => {
    await using endless = await peer(socket => {
      const more = (): void =>
        void (socket.writable && socket.write(Buffer.alloc(65536, 'x'), () => setImmediate(more)))
      more()
    })
    const error = await failure(new FourLetterWords(endless.hosts, { maxBytes: 100_000 }).dump())
    expect(error).to.include({ code: 'ANSWER_TOO_LONG' })
  })

  it('refuse an answer that none is, and quote it without control characters', async () => {
    await using web = await peer(says('HTTP/1.1 400 Bad\r\n\u001b[31m'))
    const words = new FourLetterWords(web.hosts)
    const asked: (() => Promise<unknown>)[] = [
      () => words.ruok(),
      () => words.srvr(),
      () => words.stat(),
      () => words.mntr(),
      () => words.cons(),
      () => words.conf(),
      () => words.isro(),
      () => words.envi(),
      () => words.dump(),
      () => words.wchs(),
      () => words.wchc(),
      () => words.wchp(),
      () => words.hash(),
      () => words.dirs(),
      () => words.gtmk(),
    ]
    for (const ask of asked) {
      const error = await failure(ask())
      expect(error.code).to.equal('MALFORMED_ANSWER')
      expect(error.message).to.include('HTTP/1.1 400 Bad\\r\\n\\u001b[31m')
    }
  })

  it('keep a field whose value is no number, and do not take it for one', async () => {
    const lines = [
      'Zookeeper version: 4.0.0-beta2-abc, built on x',
      'Received: many',
      'Zxid: -1',
      'Weather: 12',
    ]
    await using odd = await peer(says(`${lines.join('\n')}\n`))
    const summary = await new FourLetterWords(odd.hosts).srvr()
    expect(summary).to.deep.include({
      version: '4.0.0-beta2',
      received: null,
      zxid: null,
      mode: null,
      znodes: null,
    })
    expect(summary.other).to.deep.equal({ Received: 'many', Zxid: -1, Weather: 12 })
  })

  it('read lines of any length in time that grows with it', async () => {
    const long = 'a'.repeat(200_000)
    for (const answer of [
      ` /${'[a]('.repeat(50_000)}`,
      ` ${':1'.repeat(100_000)}`,
      `zk_version\t${'9'.repeat(200_000)}`,
    ]) {
      await using odd = await peer(says(`${answer}\n${long}`))
      const words = new FourLetterWords(odd.hosts)
      await Promise.allSettled([words.cons(), words.stat(), words.mntr(), words.dump(), words.wchp()])
    }
  })

  it('end when their signal is aborted', async () => {
    await using silent = await peer(() => {})
    const controller = new AbortController()
    const asked = new FourLetterWords(silent.hosts, { signal: controller.signal }).srvr()
    controller.abort()
    const error = await failure(asked)
    expect(error).to.include({ code: 'ABORTED', name: 'AbortError' })
    expect(await failure(new FourLetterWords(silent.hosts, { signal: controller.signal }).srvr())).to.include(
      {
        code: 'ABORTED',
      },
    )
    expect(await failure(ensembleStatus(silent.hosts, { signal: controller.signal }))).to.include({
      code: 'ABORTED',
    })
  })

  it('try the next address of a name whose first one refuses', async () => {
    await using server = await peer(says('imok'))
    const environment = { ...nodeEnvironment, resolve: async () => ['127.0.0.2', '127.0.0.1'] }
    const port = server.hosts.split(':')[1]
    expect(await new FourLetterWords(`example.org:${port}`, { environment }).ruok()).to.equal(true)
  })

  it('name the argument that is wrong', async () => {
    const wrong: [() => unknown, string][] = [
      [() => new FourLetterWords('a:1,b:2'), 'one server'],
      [() => new FourLetterWords(''), 'it is empty'],
      [() => new FourLetterWords('a', { timeout: 0 }), 'timeout must be'],
      [() => new FourLetterWords('a', { maxBytes: 1.5 }), 'maxBytes must be'],
      [() => new FourLetterWords('a', { tls: true as never }), 'tls must be'],
      [() => new FourLetterWords('a', { signal: {} as never }), 'signal must be'],
      [() => new FourLetterWords('a', { timout: 1 } as never), "no option 'timout'"],
      [() => new FourLetterWords('a').ask('SRVR'), 'four letters'],
      [() => ensembleStatus([]), 'hosts must be'],
      [() => ensembleStatus('dns-srv://a.example'), 'SRV records'],
    ]
    for (const [call, part] of wrong) {
      const error = await failure((async () => call())())
      expect(error.code).to.equal('BAD_ARGUMENTS')
      expect(error.message).to.include(part)
    }
  })
})
