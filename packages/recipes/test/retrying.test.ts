import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from '@zookit/client'
import { World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { Lease } from '../src/index.ts'
import { TestBed } from './support/test-bed.ts'

const SCRIPT = fileURLToPath(new URL('./support/retrying.ts', import.meta.url))

/** Milliseconds after which a silent process counts as frozen: far longer than a call takes. */
const SILENCE = 15_000

type Message = { begin: string } | { hold: true } | { end: string; result: string }

/** Runs the calls in a process of their own. Returns their results, the last one of which may be `frozen`. */
async function resultsOf(how: 'full' | 'closing'): Promise<Record<string, string>> {
  await using bed = await TestBed.start({ extendedTypes: true, recordRequests: false })
  const results: Record<string, string> = {}
  const child = fork(SCRIPT, [bed.server.hosts, how], { execArgv: await sourceFlags() })
  let silence = setTimeout(() => child.kill('SIGKILL'), SILENCE)
  child.on('message', (message: Message) => {
    clearTimeout(silence)
    silence = setTimeout(() => child.kill('SIGKILL'), SILENCE)
    if ('begin' in message) results[message.begin] = 'frozen'
    else if ('hold' in message) bed.server.holdReplies()
    else {
      results[message.end] = message.result
      bed.server.releaseReplies()
    }
    if (!('begin' in message)) child.send('go on')
  })
  await once(child, 'exit')
  clearTimeout(silence)
  return results
}

describe('A call of a recipe', function () {
  this.timeout(60_000)

  it('ends with its limits, and freezes nothing, while each request is refused at once', async () => {
    const results = await resultsOf('full')
    for (const [name, result] of Object.entries(results)) {
      expect(result, name).to.be.oneOf(['REQUEST_TIMEOUT', 'QUEUE_FULL'])
    }
    expect(Object.keys(results)).to.have.length.of.at.least(30)
  })

  it('ends with CLOSED, or with the client, and freezes nothing, while the client is being closed', async () => {
    const results = await resultsOf('closing')
    for (const [name, result] of Object.entries(results)) {
      expect(result, name).to.be.oneOf(['CLOSED', 'done', 'OWNERSHIP_LOST'])
    }
    expect(Object.keys(results)).to.have.length.of.at.least(30)
  })

  it('pauses between two attempts that are refused at once: it does not keep the process busy', async () => {
    const world = new World({ seed: 1 })
    let turns = 0
    await world.run(async () => {
      const server = await world.server()
      const { environment } = world.process('client')
      // From a thousand on, the turns asked for do not come, so that a busy loop ends here.
      const defer = (callback: () => void): void => {
        if (++turns < 1000) environment.defer(callback)
      }
      const zk = await connect(server.hosts, {
        maxInFlight: 1,
        maxQueuedBytes: 100,
        environment: { ...environment, defer },
      })
      server.holdReplies()
      const reading = Promise.allSettled(Array.from({ length: 10 }, () => zk.exists('/')))
      const lease = new Lease(zk, '/leases', { duration: 1000, jitter: 0 })
      const error = await lease.tryAcquire({ timeout: 500 }).catch(reason => reason)
      expect(error).to.include({ code: 'REQUEST_TIMEOUT' })
      server.releaseReplies()
      await reading
      await zk.close()
    })
    expect(turns).to.be.lessThan(100)
  })
})
