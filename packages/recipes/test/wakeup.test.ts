import { expect } from 'chai'
import { Wakeup } from '../src/core/wakeup.ts'
import { isDone } from './support/test-bed.ts'

describe('A loop that sleeps until there is work', () => {
  it('is woken by what comes, also before it sleeps, once', async () => {
    const wakeup = new Wakeup()
    wakeup.notify()
    await wakeup.wait()
    const next = wakeup.wait()
    expect(await isDone(next)).to.equal(false)
    wakeup.notify()
    await next
    expect(await isDone(wakeup.wait())).to.equal(false)
  })

  it('does not sleep any more once it must end', async () => {
    const wakeup = new Wakeup()
    const sleeping = wakeup.wait()
    expect(await isDone(sleeping)).to.equal(false)
    wakeup.stop()
    await sleeping
    for (let times = 0; times < 2; times++) await wakeup.wait()
    await wakeup.untilStopped(new Promise(() => {}))
  })
})
