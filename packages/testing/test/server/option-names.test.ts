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
