import { inspect } from 'node:util'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { connect, type ZooKeeper, ZooKeeperError } from '../src/index.ts'

/** Reads through two functions, as programs do. */
async function loadTheConfiguration(zk: ZooKeeper): Promise<unknown> {
  const { data } = await zk.getData('/missing')
  return data
}

async function startTheProgram(zk: ZooKeeper): Promise<void> {
  await loadTheConfiguration(zk)
}

async function errorOf(promise: Promise<unknown>): Promise<ZooKeeperError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(ZooKeeperError)
  return error as ZooKeeperError
}

describe('The stack of an error', () => {
  let server: TestServer
  let zk: ZooKeeper

  before(async () => {
    server = await TestServer.start()
    zk = await connect(server.hosts)
  })
  after(async () => {
    await zk.close()
    await server.stop()
  })

  it('names the functions that await the request, and none of a socket', async () => {
    const { stack } = await errorOf(startTheProgram(zk))
    expect(stack).to.match(
      /^ZooKeeperError: NO_NODE \(getData \/missing\): .*\n {4}at async loadTheConfiguration /,
    )
    expect(stack).to.include('at async startTheProgram')
    expect(stack).not.to.match(/Socket|TCP|onread/)
  })

  it('names them for reads that are retried, for requests that are given up, and for a connection that is lost', async () => {
    const retrying = async (): Promise<unknown> => await zk.getData('/missing', { retry: 2 })
    expect((await errorOf(retrying())).stack).to.include('at async retrying')
    server.holdReplies()
    const hurried = async (): Promise<unknown> => await zk.getData('/', { timeout: 20 })
    expect((await errorOf(hurried())).stack).to.include('at async hurried')
    const aborted = async (): Promise<unknown> => await zk.getData('/', { signal: AbortSignal.timeout(10) })
    expect((await errorOf(aborted())).stack).to.include('at async aborted')
    const cutOff = async (): Promise<unknown> => await zk.getData('/')
    const lost = errorOf(cutOff())
    await new Promise(resolve => setTimeout(resolve, 10))
    server.dropConnections()
    expect((await lost).stack).to.include('at async cutOff')
    server.releaseReplies()
    await zk.sync('/')
  })

  it('is the caller’s own for what is refused at once', async () => {
    const refused = async (): Promise<unknown> => await zk.create('/large', Buffer.alloc(2_000_000))
    const { code, stack } = await errorOf(refused())
    expect(code).to.equal('BAD_ARGUMENTS')
    expect(stack).to.include('at refused')
  })

  it('has the place of the request where nobody awaits it, if the session was told to note it', async () => {
    await using noting = await connect(server.hosts, { callSites: true })
    function fireAndForget(): Promise<unknown> {
      return noting.getData('/missing')
    }
    const kept = fireAndForget().then(null, (error: unknown) => error)
    const { stack } = (await kept) as Error
    expect(stack).to.match(/-- the request was made here --\n(.*\n)*.*fireAndForget/)
    const without = (await zk.getData('/missing').then(null, (error: unknown) => error)) as Error
    expect(without.stack).not.to.include('the request was made here')
  })

  it('is printed with the name of the class, and the code once', async () => {
    const error = await errorOf(zk.getData('/missing'))
    expect(error.message.split('NO_NODE')).to.have.lengthOf(2)
    expect(inspect(error)).to.match(/^ZooKeeperError: NO_NODE/)
  })
})
