import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Kills an instance under its caller, and stops the other one. */
export default async function test(server: TestServer): Promise<void> {
  await using a = new Program('discovery/instance.ts', server.hosts, 'a')
  await using b = new Program('discovery/instance.ts', server.hosts, 'b')
  await using caller = new Program('discovery/main.ts', server.hosts, '10')
  await caller.line(/^a quote from a$/)
  await caller.line(/^a quote from b$/)

  await a.kill()
  await caller.line(/^a is left out$/)
  await caller.line(/^a quote from b$/, caller.lines(/^a quote from b$/).length + 3)
  expect(caller.lines(/^no answer|^nobody/), 'calls that have failed').to.deep.equal([])

  const dead = server.sessions().find(({ ephemerals }) => ephemerals.includes('/services/quotes/a'))
  server.expireSession(dead!.id)
  await caller.line(/^a is gone$/)
  expect(await b.stop()).to.equal(0)
  await caller.line(/^b is gone$/)
  await caller.line(/^nobody is there$/)
  expect(await caller.stop()).to.equal(0)
}
