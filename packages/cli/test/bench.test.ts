import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { start } from './support/program.ts'

const LINE = ['bench', '--ops', 'getData', '--in-flight', '1', '--seconds', '600', '--timeout', '300']

/** Starts the program on a server, and waits until it has created its znode. */
async function running(hosts: string) {
  await using zk = await connect(hosts)
  const run = start(LINE, { ZOOKIT_HOSTS: hosts })
  for (;;) {
    let wake = (): void => {}
    const changed = new Promise<void>(resolve => (wake = resolve))
    const { children } = await zk.getChildren('/', { watch: wake })
    if (children.some(name => name.startsWith('zookit-bench-'))) return run
    await changed
  }
}

describe('bench', () => {
  it('removes its znode when the user ends it', async () => {
    await using server = await TestServer.start()
    const run = await running(server.hosts)
    run.signal('SIGINT')
    expect((await run.result).code).to.equal(130)
    await using zk = await connect(server.hosts)
    expect((await zk.getChildren('/')).children).to.deep.equal(['zookeeper'])
  })

  it('ends when the server goes away, and tells which znode is left', async () => {
    const server = await TestServer.start()
    const run = await running(server.hosts)
    await server.stop()
    const { code, err } = await run.result
    expect(code).to.equal(6)
    expect(err).to.match(/zookit-bench-[0-9a-f]{12} is left: .*Delete it by hand: zookit deleteall/)
    expect(err).to.match(/CONNECTION_LOSS/)
  })
})
