import { connect } from '@zookit/client'
import { findTargets, type RealServer } from '@zookit/test-fixtures'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import * as original from 'node-zookeeper-client'
import * as ours from '../src/index.ts'
import { FAULTS } from './support/faults.ts'
import { type Library, play, type Scenario } from './support/scenario.ts'
import { SCENARIOS } from './support/scenarios.ts'

const [target] = await findTargets()

let count = 0

/** Plays a scenario in a chroot of its own. */
async function playAt(scenario: Scenario, library: Library, hosts: string): Promise<readonly string[]> {
  const chroot = `/scenario-${++count}`
  const zk = await connect(hosts)
  await zk.create(chroot)
  await zk.close()
  return play(scenario, library, `${hosts}${chroot}`)
}

async function inMemory(scenario: Scenario, library: Library): Promise<readonly string[]> {
  await using server = await TestServer.start()
  return await playAt(scenario, library, server.hosts)
}

describe('callbacks, events and what they tell are those of node-zookeeper-client 1.1.3', () => {
  const originals = new Map<Scenario, Promise<readonly string[]>>()
  const ofOriginal = (scenario: Scenario): Promise<readonly string[]> => {
    const transcript = originals.get(scenario) ?? inMemory(scenario, original)
    originals.set(scenario, transcript)
    return transcript
  }

  describe('on the in-memory server', () => {
    for (const scenario of SCENARIOS) {
      it(scenario.title, async () => {
        const expected = await ofOriginal(scenario)
        expect(expected).to.have.length.above(5)
        expect(await inMemory(scenario, ours)).to.deep.equal(expected)
      })
    }
  })

  describe('when the server fails', () => {
    const run = async (fault: (typeof FAULTS)[number], library: Library): Promise<readonly string[]> => {
      await using server = await TestServer.start()
      return await playAt(fault.on(server), library, server.hosts)
    }

    for (const fault of FAULTS) {
      it(fault.title, async () => {
        const [expected, actual] = await Promise.all([run(fault, original), run(fault, ours)])
        expect(expected).to.have.length.above(2)
        expect(actual).to.deep.equal(expected)
      })
    }
  })

  if (target) {
    describe(`on ${target.name}`, function () {
      this.timeout(60_000)
      let server: RealServer
      before(async () => {
        server = await target.startServer()
      })
      after(() => server?.stop())

      for (const scenario of SCENARIOS) {
        it(scenario.title, async () => {
          expect(await playAt(scenario, ours, server.hosts)).to.deep.equal(await ofOriginal(scenario))
        })
      }
    })
  }
})
