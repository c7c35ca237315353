import { createHook } from 'node:async_hooks'
import { expect } from 'chai'
import { Session, ZooKeeper } from '../src/index.ts'
import { Cable } from './support/cable.ts'

/** Returns the number of promises that each of many calls makes. */
function promisesPerCall(call: () => Promise<unknown>): number {
  const CALLS = 100
  let promises = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE') promises++
    },
  })
  // The first call of a turn makes one more: the microtask that sends all of them.
  call().catch(ignore)
  hook.enable()
  for (let i = 0; i < CALLS; i++) call().catch(ignore)
  hook.disable()
  // The catch makes one too.
  return promises / CALLS - 1
}

function ignore(): void {}

describe('A request without options', () => {
  for (const chroot of ['', '/app']) {
    it(`makes one promise and no other${chroot && ', also under a chroot'}`, async () => {
      const cable = new Cable()
      cable.pull()
      const { environment } = cable
      const session = new Session({ servers: [{ host: '127.0.0.1', port: 1 }], environment })
      const zk = new ZooKeeper(session, { chroot, now: () => 0 })
      const data = Buffer.from('x')
      const calls: (() => Promise<unknown>)[] = [
        () => zk.getData('/a'),
        () => zk.exists('/a'),
        () => zk.setData('/a', data),
        () => zk.setData('/a', data, { version: 3 }),
        () => zk.getChildren('/a'),
        () => zk.create('/a', data, { mode: 'ephemeral' }),
        () => zk.delete('/a'),
      ]
      for (const call of calls) expect(promisesPerCall(call), call.toString()).to.equal(1)
      expect(promisesPerCall(() => zk.getData('a'))).to.equal(1)
      expect(promisesPerCall(() => zk.getConfig())).to.equal(1)
      await zk.close()
    })
  }
})
