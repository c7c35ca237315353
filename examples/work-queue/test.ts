import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Gives two workers jobs, one of which always fails, and another one after a worker has died. */
export default async function test(server: TestServer): Promise<void> {
  const start = (...args: string[]): Program => new Program('work-queue/main.ts', server.hosts, ...args)
  await using one = start('work')
  await using two = start('work')
  await using put = start('put', 'a.png', 'b.png', 'c.txt')
  expect(await put.end()).to.equal(0)
  await put.line(/^put 3$/)

  // Whichever worker it is that has them.
  await Promise.all([one.line(/^ready$/), two.line(/^ready$/)])
  const done = (pattern: RegExp, count: number): Promise<unknown> => {
    const lines = (): number => one.lines(pattern).length + two.lines(pattern).length
    const seen = async (program: Program): Promise<void> => {
      while (lines() < count) await program.line(pattern, program.lines(pattern).length + 1)
    }
    return Promise.race([seen(one), seen(two)])
  }
  await done(/^a\.png: done$/, 1)
  await done(/^b\.png: done$/, 1)
  await done(/^c\.txt: Error: not a picture$/, 3)

  for (const worker of [one, two]) {
    expect(await worker.stop()).to.equal(0)
    await worker.line(/^stopped$/)
  }
  await using failed = start('failed')
  expect(await failed.end()).to.equal(0)
  await failed.line(/^c\.txt$/)
}
