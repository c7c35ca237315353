import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Lets two processes share five calls in an interval that does not end meanwhile. */
export default async function test(server: TestServer): Promise<void> {
  const start = (): Program => new Program('rate-limiter/main.ts', server.hosts, '6', '5', '60000')
  await using one = start()
  await using two = start()
  // Each has more calls to make than there are permits.
  await Program.linesOf([one, two], /^call \d/, 5)
  await Promise.all([one.line(/^waits$/), two.line(/^waits$/)])
  expect(one.lines(/^call \d/).length + two.lines(/^call \d/).length).to.equal(5)
  for (const program of [one, two]) expect(await program.stop()).to.equal(0)
}
