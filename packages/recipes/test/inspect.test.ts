import { inspect } from 'node:util'
import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Mutex, Semaphore } from '../src/index.ts'

describe('What console.log shows of a recipe', () => {
  it('is the path, whether it is held, and the token, in a line', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const lock = await new Mutex(zk, '/lock').acquire()
    expect(inspect(lock)).to.equal(`Lock { ${lock.path}, held, token ${lock.token} }`)
    await lock.release()
    expect(inspect({ lock })).to.equal(`{\n  lock: Lock { ${lock.path}, not held, token ${lock.token} }\n}`)
    const permit = await new Semaphore(zk, '/permits', { size: 2 }).acquire()
    expect(inspect(permit)).to.match(/^Permit \{ \/permits\/.*, held, token \d+ \}$/)
    await permit.release()
  })
})
