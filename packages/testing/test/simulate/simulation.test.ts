import { connect, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import type { TestServer } from '../../src/index.ts'
import { runSeed, type Simulation, SimulationError, simulate, type World } from '../../src/simulate/index.ts'

interface Bank {
  readonly world: World
  readonly server: TestServer
  readonly tellers: readonly ZooKeeper[]
  paidIn: number
}

/**
 * A small service: tellers pay into one account, which is a number in a znode.
 *
 * @param guarded whether a teller writes only over the version that it has read; without that, money is lost.
 */
function bank(guarded: boolean): Simulation<Bank> {
  async function payIn(state: Bank, teller: ZooKeeper): Promise<void> {
    for (;;) {
      const { data, stat } = await teller.getData('/account')
      const sum = String(Number(data) + 1)
      const options = guarded ? { version: stat.version } : {}
      const written = await teller.setData('/account', sum, options).catch(() => null)
      if (written) break
    }
    state.paidIn++
  }
  return {
    async setUp(world) {
      const server = await world.server({ seed: { account: '0' } })
      const names = ['ann', 'bob']
      const tellers = names.map(name =>
        connect(server.hosts, { environment: world.process(name).environment }),
      )
      return { world, server, tellers: await Promise.all(tellers), paidIn: 0 }
    },
    steps: {
      'ann pays in': { weight: 1, run: state => payIn(state, state.tellers[0]!) },
      'bob pays in': { weight: 1, run: state => payIn(state, state.tellers[1]!) },
      'nothing happens': { weight: 3, run: () => {} },
    },
    async settle(state) {
      const { world, server, tellers } = state
      await world.sleep(10_000)
      expect(server.dump()['/account'], 'the account').to.equal(String(state.paidIn))
      await Promise.all(tellers.map(teller => teller.close()))
    },
  }
}

const options = { steps: 40, pause: 50 }

describe('A simulation', () => {
  it('finds a lost update, and shrinks the schedule to the two steps that make it', async () => {
    const error = await simulate(bank(false), { ...options, seeds: 50 }).catch((e: unknown) => e)
    expect(error).to.be.instanceOf(SimulationError)
    const { message, result } = error as SimulationError
    expect(result.schedule).to.have.length(2)
    expect(message).to.match(/^seed \d+ failed; 2 of 40 steps are enough:\n {2}step \d+: (ann|bob) pays in\n/)
    expect(message).to.contain('the account: expected')
    const replayed = await simulate(bank(false), { ...options, seed: result.seed }).catch((e: unknown) => e)
    expect((replayed as SimulationError).message).to.equal(message)
  })

  it('finds nothing where every write is guarded by the version that was read', async () => {
    expect(await simulate(bank(true), { ...options, seeds: 50 })).to.equal(50)
  })

  it('replays a seed bit for bit', async () => {
    const first = await runSeed(bank(true), 3, options)
    const again = await runSeed(bank(true), 3, options)
    expect(again.events).to.deep.equal(first.events)
    expect(again.fingerprint).to.equal(first.fingerprint)
    expect((await runSeed(bank(true), 4, options)).fingerprint).to.not.equal(first.fingerprint)
  })

  it('fails for a step that rejects, and for a check that throws', async () => {
    const simple = (run: () => Promise<void>, check?: () => void): Simulation<null> => ({
      setUp: async () => null,
      steps: { act: { weight: 1, run } },
      ...(check ? { check } : {}),
    })
    const rejects = simple(async () => {
      throw new Error('no')
    })
    const broken = simple(
      async () => {},
      () => {
        throw new Error('does not hold')
      },
    )
    // A rejection is seen after the step that follows it.
    for (const [simulation, reason, steps] of [
      [rejects, 'no', 2],
      [broken, 'does not hold', 1],
    ] as const) {
      const { failure, schedule } = await runSeed(simulation, 1, { steps: 5 })
      expect((failure as Error).message).to.equal(reason)
      expect(schedule).to.have.length(steps)
    }
  })
})
