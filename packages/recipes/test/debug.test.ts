import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { type HoldTrace, holdChannel, Mutex, type RecipeTrace, recipeChannel } from '../src/index.ts'

const EXAMPLE = fileURLToPath(new URL('../examples/mutex.ts', import.meta.url))
const TIME_LIMIT = 30_000

/** Runs the example of a mutex with a value of ZOOKIT_DEBUG. @returns what it wrote to standard error. */
async function debug(topics: string): Promise<string[]> {
  await using server = await TestServer.start()
  const args = [...(await sourceFlags()), EXAMPLE, server.hosts]
  const env = { ...process.env, ZOOKIT_DEBUG: topics }
  const child = spawn(process.execPath, args, { env, timeout: TIME_LIMIT })
  let errors = ''
  child.stderr.on('data', chunk => (errors += chunk))
  child.stdout.resume()
  const [code] = await once(child, 'close')
  expect(code, errors).to.equal(0)
  return errors.split('\n').filter(line => line !== '')
}

describe('What a program does', function () {
  this.timeout(2 * TIME_LIMIT)

  it('is told on standard error by topics, without a change to the program', async () => {
    const lines = await debug('session,requests,watches,recipes')
    for (const line of lines) expect(line).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z zookit .* session=0x[0-9a-f]+/)
    const text = lines.join('\n')
    expect(text).to.match(/zookit session connected \(was connecting\) session=0x\w+ server=127/)
    expect(text).to.match(/zookit acquire \/\S+ done session=0x\w+ duration=[\d.]+\n/)
    expect(text).to.match(/zookit held \/\S+ session=0x\w+ token=\d+\n/)
    expect(text).to.match(
      /zookit not held any more \/\S+ session=0x\w+ token=\d+ duration=[\d.]+ reason=released/,
    )
    expect(text).to.match(/zookit delete \/\S+ done session=0x\w+ server=\S+ xid=\d+ duration=[\d.]+/)
  })

  it('is told for the topics alone that are named, and not at all without them', async () => {
    const lines = await debug('recipes')
    expect(lines.length).to.be.greaterThan(1)
    expect(lines.every(line => /zookit (acquire|tryAcquire|held|not held)/.test(line))).to.equal(true)
    expect(await debug('')).to.deep.equal([])
  })

  it('leaves standard error to the program unless something is to be told', () => {
    const program = `
      import { Session } from '@zookit/client'
      const before = process.stderr.listenerCount('error')
      const session = new Session({ servers: [{ host: '127.0.0.1', port: 1 }] })
      console.log(process.stderr.listenerCount('error') - before)
      await session.close()`
    const listeners = (topics?: string): string => {
      const args = [
        '--import',
        'tsx',
        '--conditions=@zookit/source',
        '--input-type=module',
        '--eval',
        program,
      ]
      const env = { ...process.env, ZOOKIT_DEBUG: topics }
      return spawnSync(process.execPath, args, { cwd: import.meta.dirname, env, encoding: 'utf8' }).stdout
    }
    expect([listeners(), listeners(''), listeners('stacks,'), listeners('session')]).to.deep.equal([
      '0\n',
      '0\n',
      '1\n',
      '1\n',
    ])
  })

  it('goes on where nobody reads standard error any more', async () => {
    await using server = await TestServer.start()
    const args = [...(await sourceFlags()), EXAMPLE, server.hosts]
    const env = { ...process.env, ZOOKIT_DEBUG: '*,none' }
    const child = spawn(process.execPath, args, { env, timeout: TIME_LIMIT })
    child.stderr.destroy()
    child.stdout.resume()
    const [code] = await once(child, 'close')
    expect(code).to.equal(0)
  })

  it('is not told for a topic that is none, and a line says which there are', async () => {
    expect(await debug('all,stacks')).to.deep.equal([
      "zookit: ZOOKIT_DEBUG has no topic 'all'; there are session, requests, watches, recipes, stacks and *",
    ])
  })
})

describe('The channels of recipes', () => {
  it('tell of a wait and a hold, with times, the reason of the end and the error', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const waits: RecipeTrace[] = []
    const holds: HoldTrace[] = []
    const onWait = { asyncEnd: (trace: unknown) => void waits.push(trace as RecipeTrace) } as never
    const onHold = (trace: unknown): void => void holds.push({ ...(trace as HoldTrace) })
    recipeChannel.subscribe(onWait)
    holdChannel.subscribe(onHold)
    try {
      const mutex = new Mutex(zk, '/lock')
      const lock = await mutex.acquire()
      const error = await mutex.acquire({ timeout: 10 }).then(null, (reason: unknown) => reason)
      await lock.release()
      const sessionId = zk.session.id
      expect(waits.map(({ operation, path }) => `${operation} ${path}`)).to.deep.equal([
        'acquire /lock',
        'acquire /lock',
      ])
      expect(waits[0]).to.include({ sessionId })
      expect(waits[0]!.duration).to.be.at.least(0)
      expect(waits[1]!.error).to.equal(error)
      expect(holds[0]).to.deep.equal({
        path: lock.path,
        sessionId,
        token: lock.token,
        duration: undefined,
        reason: null,
      })
      expect(holds[1]).to.include({ path: lock.path, reason: 'released' })
      expect(holds[1]!.duration).to.be.at.least(0)
    } finally {
      recipeChannel.unsubscribe(onWait)
      holdChannel.unsubscribe(onHold)
    }
  })
})
