import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Gives two workers jobs, one of which always fails. */
export default async function test(server: TestServer): Promise<void> {
  const start = (...args: string[]): Program => new Program('work-queue/main.ts', server.hosts, ...args)
  await using one = start('work')
  await using two = start('work')
  await using put = start('put', 'a.png', 'b.png', 'c.txt')
  expect(await put.end()).to.equal(0)
  await put.line(/^put 3$/)

  const workers = [one, two]
  await Promise.all(workers.map(worker => worker.line(/^ready$/)))
  await Program.linesOf(workers, /^a\.png: done$/, 1)
  await Program.linesOf(workers, /^b\.png: done$/, 1)
  await Program.linesOf(workers, /^c\.txt: Error: not a picture$/, 3)

  for (const worker of workers) {
    expect(await worker.stop()).to.equal(0)
    await worker.line(/^stopped$/)
  }
  const failures = workers.flatMap(worker => worker.lines(/^c\.txt: Error/))
  expect(failures, 'times that the job was tried').to.have.lengthOf(3)
  await using failed = start('failed')
  expect(await failed.end()).to.equal(0)
  await failed.line(/^c\.txt$/)
}
