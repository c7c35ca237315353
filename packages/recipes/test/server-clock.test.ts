import { type Environment, nodeEnvironment } from '@zookit/client'
import { expect } from 'chai'
import { ServerClock } from '../src/core/server-clock.ts'
import { Lease } from '../src/index.ts'
import { TestBed, until } from './support/test-bed.ts'

/** A clock of the ensemble, as a client has measured it, with all times in whole milliseconds. */
class Measured {
  #now = 1000
  readonly environment: Environment = {
    ...nodeEnvironment,
    now: () => this.#now,
    wallTime: () => this.#now,
    bootTime: () => this.#now,
  }
  #clock!: ServerClock

  static async on(bed: TestBed): Promise<Measured> {
    const measured = new Measured()
    measured.#clock = ServerClock.of(await bed.client({ environment: measured.environment }))
    return measured
  }

  get isFresh(): boolean {
    return this.#clock.isFresh
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Learns that the server's clock is ahead by at least `lead`, from a write that took so long. @returns what it knows. */
  learn(lead: number, took: number): [least: number, most: number] {
    const sent = this.#clock.mark()
    this.#now += took
    this.#clock.learn(sent, this.#now + lead)
    const { earliest, latest } = this.#clock.now()
    return [earliest - this.#now, latest - this.#now]
  }
}

describe('The clock of the ensemble', () => {
  it('is known as well as the quickest write has shown, and by the newest of those', async () => {
    await using bed = await TestBed.start()
    const clock = await Measured.on(bed)
    expect(clock.learn(500, 9)).to.deep.equal([500, 510])
    expect(clock.learn(480, 99), 'one that took longer').to.deep.equal([500, 510])
    expect(clock.learn(503, 4), 'a quicker one').to.deep.equal([503, 508])
    expect(clock.learn(501, 4), 'one that was as quick').to.deep.equal([501, 506])
  })

  it('is measured again after a minute, by whatever write comes', async () => {
    await using bed = await TestBed.start()
    const clock = await Measured.on(bed)
    expect(clock.isFresh).to.equal(false)
    clock.learn(500, 9)
    clock.pass(59_999)
    expect(clock.isFresh).to.equal(true)
    clock.pass(1)
    expect(clock.isFresh).to.equal(false)
    expect(clock.learn(480, 99)).to.deep.equal([480, 580])
  })

  it('is another one when a stamp contradicts what is known, however long that write took', async () => {
    await using bed = await TestBed.start()
    const clock = await Measured.on(bed)
    clock.learn(500, 9)
    expect(clock.learn(510, 19), 'one that agrees at the upper end').to.deep.equal([500, 510])
    expect(clock.learn(480, 19), 'one that agrees at the lower end').to.deep.equal([500, 510])
    expect(clock.learn(511, 19), 'a leader that is ahead').to.deep.equal([511, 531])
    expect(clock.learn(400, 29), 'a leader that is behind').to.deep.equal([400, 430])
  })

  it('leaves no znode behind when it is measured before there is a session', async () => {
    await using bed = await TestBed.start({ seed: { lease: '' } })
    const zk = await bed.client({ sessionTimeout: 400 })
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await until('the session has ended', () => zk.sessionId === 0n)
    const listing = new Lease(zk, '/lease', { duration: 60_000 }).holders()
    await bed.server.refuseConnections(false)
    expect(await listing).to.deep.equal([])
    await until('its znode is gone', () => bed.names('/lease').length === 0)
  })
})
