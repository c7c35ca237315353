import { joinPath, type ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { Queue, type QueueItem, type QueueOptions } from '../src/index.ts'
import { completeOne, holdersOf, leftOf, PATH, queueOf } from './support/queues.ts'
import { failure, TestBed, until } from './support/test-bed.ts'

/** Deletes, as somebody else, one of the two znodes by which an item is held. */
const DELETIONS: Record<string, (bed: TestBed) => string> = {
  holder: bed => holdersOf(bed)[0]!,
  claim: bed => joinPath(PATH, 'claims', bed.names(`${PATH}/claims`)[0]!),
}

/** Takes the only item of a queue, and deletes one of its znodes as somebody else. */
async function takeBroken(
  bed: TestBed,
  pathOf: (bed: TestBed) => string,
  options?: QueueOptions,
): Promise<{ queue: Queue; item: QueueItem; other: ZooKeeper }> {
  const [zk, other] = [await bed.client(), await bed.client()]
  const queue = queueOf(zk, options)
  await queue.put('work')
  const item = await queue.take()
  await other.delete(pathOf(bed))
  return { queue, item, other }
}

describe('An item of which somebody deletes a znode while it is held', () => {
  for (const [name, pathOf] of Object.entries(DELETIONS)) {
    it(`goes back when it is released: the ${name}`, async () => {
      await using bed = await TestBed.start()
      const { item, other } = await takeBroken(bed, pathOf)
      await item.release()
      expect(leftOf(bed)).to.deep.equal([1, 0, 0])
      expect(await completeOne(queueOf(other))).to.equal('work')
    })

    it(`goes back when it cannot be completed: the ${name}`, async () => {
      await using bed = await TestBed.start()
      const { item, other } = await takeBroken(bed, pathOf)
      expect(await failure(item.complete())).to.include({ code: 'OWNERSHIP_LOST', reason: 'deleted' })
      await until('it is free', () => String(leftOf(bed)) === '1,0,0')
      expect(await completeOne(queueOf(other))).to.equal('work')
    })

    it(`goes back in the place of the dead letters: the ${name}`, async () => {
      await using bed = await TestBed.start()
      const { queue, item, other } = await takeBroken(bed, pathOf, { maxAttempts: 1 })
      await item.release()
      expect(leftOf(bed)).to.deep.equal([1, 0, 0])
      // It is found to have been taken too often.
      expect(await queueOf(other, { maxAttempts: 1 }).tryTake()).to.equal(null)
      expect(await completeOne(new Queue(other, queue.deadLetters))).to.equal('work')
    })
  }

  it('stays with another consumer that has claimed it meanwhile', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const queue = queueOf(zk)
    await queue.put('work')
    const item = await queue.take()
    for (const pathOf of Object.values(DELETIONS)) await other.delete(pathOf(bed))
    const theirs = await queueOf(other).take()
    await item.release()
    expect(leftOf(bed)).to.deep.equal([1, 1, 1])
    await theirs.complete()
  })
})
