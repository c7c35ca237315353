import { expect } from 'chai'
import { sleep } from '../src/core/pause.ts'
import { countListeners } from './support/listeners.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { isDone, TestBed } from './support/test-bed.ts'

const LONG = 3_600_000

describe('A pause on a client', () => {
  it('ends when its time is over, and leaves no listener', async () => {
    await using bed = await TestBed.start()
    const time = new SteppedTime()
    const zk = await bed.client({ environment: time.environment, sessionTimeout: 30_000 })
    const listeners = countListeners(zk)
    const { promise } = sleep(zk, 100)
    expect([listeners(), await isDone(promise)]).to.deep.equal([1, false])
    time.advance(100)
    await promise
    expect(listeners()).to.equal(0)
  })

  it('ends when it is cancelled, or the client is closed, and leaves neither timer nor listener', async () => {
    await using bed = await TestBed.start()
    const time = new SteppedTime()
    const zk = await bed.client({ environment: time.environment })
    const [listeners, before] = [countListeners(zk), time.pending]
    const cancelled = sleep(zk, LONG)
    cancelled.cancel()
    await cancelled.promise
    expect([listeners(), time.pending]).to.deep.equal([0, before])
    const pause = sleep(zk, LONG)
    expect(await isDone(pause.promise)).to.equal(false)
    await zk.close()
    await pause.promise
    expect([listeners(), time.pending]).to.deep.equal([0, 0])
  })
})
