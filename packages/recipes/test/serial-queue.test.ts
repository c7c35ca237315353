import { expect } from 'chai'
import { Deadline } from '../src/core/deadline.ts'
import { inTurn } from '../src/core/serial-queue.ts'
import { SteppedTime } from './support/stepped-time.ts'
import { TestBed } from './support/test-bed.ts'

describe('A call that takes its turn', () => {
  it('leaves no timer when its work is over', async () => {
    await using bed = await TestBed.start()
    const time = new SteppedTime()
    const zk = await bed.client({ environment: time.environment })
    using deadline = new Deadline(zk, {}, { operation: 'update', path: '/x' })
    const before = time.pending
    expect(await inTurn(zk, '/x', deadline, async () => time.pending)).to.equal(before + 1)
    expect(time.pending).to.equal(before)
  })
})
