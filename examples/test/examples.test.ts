import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import PQueue from 'p-queue'

const EXAMPLES = new URL('../', import.meta.url)

/** Milliseconds that an example may take: far longer than it does. */
const TIME_LIMIT = 240_000

const text = (file: string): string => readFileSync(new URL(file, EXAMPLES), 'utf8')

const folders = readdirSync(EXAMPLES).filter(name => existsSync(new URL(`${name}/main.ts`, EXAMPLES)))

/** Runs the test of an example on a server of its own. @returns the sessions that are left. */
async function run(name: string): Promise<unknown[]> {
  const { default: test } = await import(`../${name}/test.ts`)
  await using server = await TestServer.start()
  await test(server)
  return server.sessions()
}

describe('The examples', function () {
  this.timeout(TIME_LIMIT)
  // The tests of this one are a file of mocha's, as its readers write them.
  const programs = folders.filter(name => name !== 'service-tests')
  const runs = new Map<string, Promise<unknown[]>>()

  before(() => {
    const queue = new PQueue({ concurrency: 2 })
    for (const name of programs) {
      const running = queue.add(() => run(name))
      running.catch(() => {}) // its own test tells of it
      runs.set(name, running)
    }
  })

  for (const name of programs) {
    it(`run as their reader runs them: ${name}`, async () => {
      expect(await runs.get(name), 'sessions left').to.deep.equal([])
    })
  }

  for (const name of folders) {
    it(`are short, and linked with a README: ${name}`, () => {
      expect(text(`${name}/main.ts`).split('\n')).to.have.lengthOf.below(92)
      expect(text(`${name}/README.md`)).to.include(`examples/${name}/main`)
      expect(text('README.md')).to.include(`(${name}/README.md)`)
    })
  }
})
