import { type Environment, nodeEnvironment } from '@zookit/client'
import { expect } from 'chai'
import { PersistentNode } from '../src/index.ts'
import { TestBed, until } from './support/test-bed.ts'

const PATH = '/kept/node'

/** Half of the longest pause between two attempts, in milliseconds. Timers of the connection take longer. */
const LONGEST = 5000

/** Node's environment, in which chance always draws a half, and pauses are noted and take no time. */
class Pauses {
  readonly noted: number[] = []
  readonly environment: Environment = {
    ...nodeEnvironment,
    random: () => 0.5,
    setTimer: (callback, delay) => {
      if (delay > LONGEST) return nodeEnvironment.setTimer(callback, delay)
      this.noted.push(delay)
      return nodeEnvironment.setTimer(callback, 0)
    },
  }
}

describe('A kept znode whose writes are refused', () => {
  it('pauses twice as long after each attempt, up to ten seconds, and briefly again after one that was answered', async () => {
    await using bed = await TestBed.start({ seed: { kept: '' } })
    const pauses = new Pauses()
    const zk = await bed.client({ environment: pauses.environment })
    const node = new PersistentNode(zk, PATH, { data: 'old' })
    await node.start()
    pauses.noted.length = 0
    bed.server.answerWith('setData', 'NO_AUTH', 9)
    await node.setData('new')
    expect(pauses.noted).to.deep.equal([50, 100, 200, 400, 800, 1600, 3200, LONGEST, LONGEST])
    pauses.noted.length = 0
    bed.server.answerWith('setData', 'NO_AUTH')
    await node.setData('newer')
    expect(pauses.noted).to.deep.equal([50])
    await until('it is there', () => bed.server.dump()[PATH] === 'newer')
    await node.close()
  })
})
