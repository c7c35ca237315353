import { connect } from '@zookit/client'
import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Changes the configuration of the running service, to good and to bad. */
export default async function test(server: TestServer): Promise<void> {
  await using program = new Program('live-config/main.ts', server.hosts)
  const [, url] = await program.line(/^listening: (\S+)$/)
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`${url}${path}`)
    return [response.status, await response.text()]
  }
  expect(await get('/hello?names=Ann')).to.deep.equal([200, 'Hello, Ann!'])
  expect(await get('/hello?names=Ann,Ben,Cai')).to.deep.equal([400, 'at most 2 names'])

  await using zk = await connect(server.hosts)
  await zk.ensurePath('/config')
  await zk.create('/config/hello', '{"greeting":"Good evening","maxNames":3}')
  await program.line(/^changed: .*Good evening/)
  expect(await get('/hello?names=Ann,Ben,Cai')).to.deep.equal([200, 'Good evening, Ann and Ben and Cai!'])

  await zk.setData('/config/hello', '{"greeting":""}')
  await program.line(/^refused: .*greeting/)
  expect(await get('/hello?names=Ann')).to.deep.equal([200, 'Good evening, Ann!'])
  expect((await get('/healthz'))[0]).to.equal(503)
  expect(await program.stop()).to.equal(0)
}
