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
  // Before an instance was there, the caller has said so.
  const failed = (): number => caller.lines(/^no answer|^nobody/).length
  const before = failed()

  await a.kill()
  await caller.line(/^a is left out$/)
  await caller.line(/^a quote from b$/, caller.lines(/^a quote from b$/).length + 3)
  expect(failed(), 'calls that have failed').to.equal(before)

  const dead = server.sessions().find(({ ephemerals }) => ephemerals.includes('/services/quotes/a'))
  server.expireSession(dead!.id)
  await caller.line(/^a is gone$/)
  expect(await b.stop()).to.equal(0)
  await caller.line(/^b is gone$/)
  await caller.line(/^nobody is there$/, caller.lines(/^nobody is there$/).length + 1)
  expect(await caller.stop()).to.equal(0)
}
