import { expect } from 'chai'
import type { Partition } from '../src/index.ts'
import { lockedOf, members, NAMES, PATH, partitionerOf } from './support/partitions.ts'
import { abortOf, failure, settle, TestBed, until } from './support/test-bed.ts'

describe('Running a partitioner', () => {
  it('works on each partition in one place at a time, while members come, go and crash', async () => {
    await using bed = await TestBed.start()
    const zks = await Promise.all(Array.from({ length: 4 }, () => bed.client()))
    const working = new Map<string, number>()
    const begun = new Map<string, number>()
    let worst = 0
    const stops = zks.map(() => new AbortController())
    const work = async ({ name }: Partition, signal: AbortSignal): Promise<void> => {
      working.set(name, (working.get(name) ?? 0) + 1)
      worst = Math.max(worst, working.get(name)!)
      begun.set(name, (begun.get(name) ?? 0) + 1)
      await abortOf(signal)
      working.set(name, working.get(name)! - 1)
    }
    const count = (): number => [...working.values()].reduce((sum, each) => sum + each, 0)
    const running = zks.map((zk, index) =>
      failure(partitionerOf(zk).run(work, { signal: stops[index]!.signal })),
    )
    await until('all is worked on', () => count() === NAMES.length)
    stops[0]!.abort()
    expect(await running[0]!).to.include({ code: 'ABORTED' })
    await until('all is worked on again', () => count() === NAMES.length)
    bed.server.dropConnection(zks[1]!.session.id)
    await until('all is worked on again', () => count() === NAMES.length)
    bed.server.expireSession(zks[2]!.session.id)
    await settle()
    await until('all is worked on again', () => count() === NAMES.length)
    for (const stop of stops) stop.abort()
    await Promise.all(running)
    expect([worst, count(), begun.size]).to.deep.equal([1, 0, NAMES.length])
    await until('nothing is left', () => bed.names(`${PATH}/members`).length + lockedOf(bed).length === 0)
  })

  it('begins again with a partition when the work on it has ended', async () => {
    await using bed = await TestBed.start()
    const [partitioner] = await members(bed, 1, { partitions: ['one'] })
    const stop = new AbortController()
    let times = 0
    const running = partitioner!.run(() => void (++times === 3 && stop.abort()), { signal: stop.signal })
    expect(await failure(running)).to.include({ code: 'ABORTED' })
    expect(times).to.equal(3)
  })

  it('ends with what the work throws, when all work has ended and the member has left', async () => {
    await using bed = await TestBed.start()
    const [partitioner] = await members(bed, 1)
    let working = 0
    const running = partitioner!.run(async ({ name }, signal) => {
      if (name === 'part-5') throw new RangeError('broken')
      working++
      await abortOf(signal)
      await settle()
      working--
      throw new RangeError('a consequence')
    })
    expect(await failure(running))
      .to.be.instanceOf(RangeError)
      .and.include({ message: 'broken' })
    expect([working, partitioner!.current.state]).to.deep.equal([0, 'released'])
    expect(await failure(partitioner!.run(() => {}))).to.include({ code: 'CLOSED' })
    const abort = AbortSignal.abort()
    const [other, last] = await members(bed, 2)
    const stop = new AbortController()
    const late = last!.run(
      async (_partition, signal) => {
        stop.abort()
        await abortOf(signal)
        throw new RangeError('a consequence')
      },
      { signal: stop.signal },
    )
    expect(await failure(late)).to.include({ code: 'ABORTED' })
    expect(await failure(other!.run(() => {}, { signal: abort }))).to.include({ code: 'ABORTED' })
  })
})
