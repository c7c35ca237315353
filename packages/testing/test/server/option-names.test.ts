import { connect } from '@zookit/client'
import { TestEnsemble, TestServer } from '@zookit/testing'
import { expect } from 'chai'

const STARTS = {
  'TestServer.start': (options: never) => TestServer.start(options),
  'TestEnsemble.start': (options: never) => TestEnsemble.start(options),
}

describe('The options of a server, from plain JavaScript', () => {
  for (const [operation, start] of Object.entries(STARTS)) {
    const refusal = async (options: unknown): Promise<Error> => {
      const result = await start(options as never).then(
        server => server.stop(),
        (error: unknown) => error,
      )
      expect(result).to.be.instanceOf(TypeError).and.to.include({ code: 'BAD_ARGUMENTS' })
      return result as Error
    }

    it(`are refused if they do not exist, with the names of those that do: ${operation}`, async () => {
      const { message } = await refusal({ host: '127.0.0.1', verison: '3.5' })
      expect(message).to.match(
        /^BAD_ARGUMENTS \(Test\w+\.start\): there is no option "verison"; the options are /,
      )
      expect(message).to.include(operation).and.to.include('version')
    })

    it(`are refused if they are no object: ${operation}`, async () => {
      for (const options of [null, 2181, [2181], '2181'])
        expect((await refusal(options)).message).to.include('must be an object')
    })
  }

  it('are refused if they are of the wrong kind', async () => {
    const wrong: Record<string, readonly unknown[]> = {
      port: ['2181', -1, 65_536, 1.5],
      host: [0],
      tls: [true],
      environment: [5],
      seed: ['/a', ['/a'], Promise.resolve({})],
      tickTime: [0, '200', Number.NaN],
      minSessionTimeout: [-1],
      maxSessionTimeout: [0],
      readOnly: ['false', 0],
      version: [3.9, {}],
      filterEvents: [1],
      reconfigEnabled: [1],
      extendedTypes: [1],
      superDigest: [5],
      saslSuperUser: [5],
      maxClientCnxns: [-1],
      handshakeTimeout: [0],
      maxBuffer: [0],
      requireAuth: ['digest', [5]],
      sasl: ['joe', { joe: 5 }],
      allowSaslFailedClients: [1],
      ensembleNames: ['a'],
      enforceQuota: [1],
      containerCheckInterval: ['60'],
      fourLetterWords: ['ruok'],
      serverId: [1.5, 256],
      log: [{}],
      logRequests: [1],
      recordRequests: [1],
      onCommit: [{}],
    }
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of [...values, null, Symbol('other')]) {
        const error = await TestServer.start({ [name]: value } as never).then(
          server => server.stop(),
          (reason: unknown) => reason,
        )
        expect(error, `${name} ${String(value)}`).to.be.instanceOf(TypeError)
        expect((error as Error).message).to.include(
          `BAD_ARGUMENTS (TestServer.start): the option ${name} must be `,
        )
      }
    }
    const refused = await TestEnsemble.start({ ports: [1, '2', 3] } as never).catch((error: unknown) => error)
    expect(refused).to.include({ code: 'BAD_ARGUMENTS' })
  })

  it('are refused where no request can match: a fault would wait for ever', async () => {
    await using server = await TestServer.start()
    const wrong: [matcher: unknown, reason: RegExp][] = [
      ['getdata', /there is no operation "getdata"; the operations are addWatch, /],
      [{ operation: 'remove' }, /there is no operation "remove"/],
      [{ opration: 'getData' }, /a matcher has no field "opration"/],
      [{ path: 5 }, /the path of a matcher must be text or a RegExp, not 5/],
      [undefined, /the matcher must be an operation/],
      [-101, /the matcher must be an operation/],
    ]
    const methods = ['loseNextReply', 'dropNextRequest', 'closeMidFrame', 'holdNextReply'] as const
    for (const [matcher, reason] of wrong) {
      for (const method of methods)
        expect(() => server[method](matcher as never), method)
          .to.throw(TypeError, reason)
          .with.include({ code: 'BAD_ARGUMENTS' })
      expect(() => server.answerWith(matcher as never, -1)).to.throw(/^BAD_ARGUMENTS \(answerWith\): /)
    }
    expect(() => server.answerWith('getData', -1, 0)).to.throw(
      'the number of times must be a whole number from 1, not 0',
    )
    for (const matcher of ['connect', 'opcode 999', { path: /^\/a/ }, () => true])
      server.loseNextReply(matcher).cancel()
  })

  it('are codes or numbers, for the error of answerWith', async () => {
    await using server = await TestServer.start({ seed: { a: '' } })
    await using zk = await connect(server.hosts)
    server.answerWith('setData', 'BAD_VERSION')
    server.answerWith('getData', -102)
    const setting = await zk.setData('/a', 'x').catch((error: unknown) => error)
    expect(setting).to.include({ code: 'BAD_VERSION', errno: -103 })
    expect(await zk.getData('/a').catch((error: unknown) => error)).to.include({ code: 'NO_AUTH' })
    for (const error of ['BAD_VERSIN', null, undefined, 1.5, {}])
      expect(() => server.answerWith('setData', error as never)).to.throw(
        TypeError,
        'BAD_ARGUMENTS (answerWith)',
      )
  })

  it('are those of each kind of server', async () => {
    await using server = await TestServer.start({ readOnly: true, serverId: 3, port: 0 })
    await using ensemble = await TestEnsemble.start({ size: 1, readOnlyMode: true })
    expect(server.hosts).not.to.equal(ensemble.hosts)
    const refused = await TestEnsemble.start({ readOnly: true } as never).catch((error: unknown) => error)
    expect(refused).to.include({ code: 'BAD_ARGUMENTS' })
  })
})
