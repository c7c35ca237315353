import type { Environment } from '@zookit/client'
import { expect } from 'chai'
import { Deadline } from '../src/core/deadline.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { TestBed } from './support/test-bed.ts'

describe('The pauses of a call', () => {
  it('grow while it is refused again and again, also without jitter, and are short again after a calm second', async () => {
    await using bed = await TestBed.start()
    const time = new SteppedTime()
    const delays: number[] = []
    const environment: Environment = {
      ...time.environment,
      setTimer(callback, delay) {
        delays.push(delay)
        return time.environment.setTimer(callback, delay)
      },
    }
    const zk = await bed.client({ environment })
    using deadline = new Deadline(zk, {}, { operation: 'acquire', path: '/lock' })
    const length = async (): Promise<number> => {
      const pausing = deadline.jitter(0)
      const delay = delays.at(-1)!
      time.advance(delay)
      await pausing
      return delay
    }
    const lengths: number[] = []
    for (let i = 0; i < 12; i++) lengths.push(await length())
    expect(lengths).to.deep.equal([1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 32, 32])
    time.advance(1001)
    expect(await length()).to.equal(1)
  })
})
