import { ZooKeeperError } from '@zookit/client'
import { Random, World } from '@zookit/testing/simulate'
import { expect } from 'chai'
import { Actor } from '../src/actor.ts'
import { configs } from '../src/areas/configs.ts'
import { System } from '../src/system.ts'
import { drained, UnderWay } from '../src/under-way.ts'

const options = { chroot: '', sessionTimeout: 4000, backoff: { initial: 50, max: 1000 } }

/** Returns the parts of a system that a wait needs. */
function systemOf(world: World): System {
  return { world } as unknown as System
}

/** Starts a client of a server, and waits until it is connected. */
async function actorOf(world: World, hosts: string): Promise<Actor> {
  const actor = new Actor(world, 'ann', hosts, options)
  actor.start()
  for (let waited = 0; actor.zk === null && waited < 1000; waited++) await world.sleep(10)
  return actor
}

describe('The wait for what must end', () => {
  it('goes on for as long as something ends within each minute', async () => {
    const world = new World({ seed: 1 })
    const from = world.now
    await world.run(() =>
      drained(
        systemOf(world),
        () => Math.max(0, 10 - Math.floor((world.now - from) / 50_000)),
        () => expect.fail('it was given up'),
      ),
    )
    expect(world.now - from).to.be.within(500_000, 501_000)
  })

  it('fails when nothing ends for a minute, whatever is added meanwhile', async () => {
    const world = new World({ seed: 1 })
    let left = 3
    const failed = world.run(() =>
      drained(
        systemOf(world),
        () => left++,
        () => expect.fail('nothing ends'),
      ),
    )
    const error = await failed.catch((e: unknown) => e)
    expect(error).to.have.property('message', 'nothing ends')
    expect(world.now).to.be.within(60_000, 61_000)
  })

  it('names the calls that do not end, and no longer those that have', async () => {
    const world = new World({ seed: 1 })
    const failed = world.run(async () => {
      const { hosts } = await world.server()
      const actor = await actorOf(world, hosts)
      const calls = new UnderWay()
      void calls.follow(actor, 'a long call', world.sleep(30_000))
      void calls.follow(actor, 'a call without an end', new Promise(() => {}))
      await calls.ended(systemOf(world))
    })
    const error = await failed.catch((e: unknown) => e)
    expect(error)
      .to.have.property('message')
      .that.equals('still under way after a minute of quiet: ann: a call without an end')
  })
})

describe('A simulated client', () => {
  it('has given its connection up when a server was silent, and not when the server has closed it', async () => {
    const world = new World({ seed: 1 })
    await world.run(async () => {
      const server = await world.server({ version: '3.5' })
      const actor = await actorOf(world, server.hosts)
      const error = await actor.zk!.whoAmI().catch((e: unknown) => e)
      expect(error).to.have.property('code', 'UNIMPLEMENTED')
      await world.sleep(2000)
      expect(actor).to.include({ losses: 1, givenUp: 0 })
      server.holdReplies()
      await world.sleep(5000)
      expect(actor.losses).to.equal(2)
      expect(actor.givenUp).to.be.greaterThan(0)
    })
  })

  it('has ended, for the calls of its predecessor, while it connects', async () => {
    const world = new World({ seed: 1 })
    await world.run(async () => {
      const { hosts } = await world.server()
      const actor = await actorOf(world, hosts)
      const calls = new UnderWay()
      const fail = (): Promise<unknown> => Promise.reject(new ZooKeeperError('AUTH_FAILED', {}))
      expect(actor.isSpent).to.equal(false)
      const early = await calls.steadfast(actor, 'an early call', fail()).catch((e: unknown) => e)
      expect(early)
        .to.have.property('message')
        .that.includes('an early call of ann was rejected with AUTH_FAILED')
      actor.restart()
      expect(actor.isSpent).to.equal(true)
      expect(await calls.steadfast(actor, 'a call', fail())).to.equal(undefined)
    })
  })

  it('follows a few configurations at a time, however often it is told to follow one more', async () => {
    const world = new World({ seed: 1 })
    await world.run(async () => {
      const system = await System.start(world, new Random('settings'))
      const own = (await configs.begin(system, new Random('begin'))) as { following: Set<unknown> }
      for (let i = 0; i < 100; i++) {
        void configs.steps['follow the configuration']!.run(own, system, new Random(`step ${i}`))
        if (i % 20 === 0) await world.sleep(5000)
      }
      await world.sleep(60_000)
      const { length } = system.actors
      expect(own.following.size).to.be.within(length, 8 * length)
    })
  })
})
