import { EventType, op, writeStat } from '@zookit/jute'
import { expect } from 'chai'
import { requestChannel, type WatchEvent } from '../../src/index.ts'
import { eventFrame, replyFrame } from '../support/frames.ts'
import { outcomeOf, STAT, Subject } from '../support/simulation.ts'

const data = (xid: number): Buffer =>
  replyFrame(xid, BigInt(xid), 0, writer => writeStat(writer.int(-1), STAT))
const changed = (path = '/x'): Buffer => eventFrame(EventType.nodeDataChanged, path)

interface Watched {
  subject: Subject
  order: string[]
  watch(path?: string): Promise<unknown>
}

async function watched(): Promise<Watched> {
  const subject = await new Subject().connected()
  const order: string[] = []
  const watcher = ({ type }: WatchEvent): void => void order.push(type === 'changed' ? 'event' : type)
  const watch = (path = '/x'): Promise<unknown> =>
    subject.session.request(op.getData, { path, watch: true }, { watcher })
  return { subject, order, watch }
}

describe('Guarantee 2', () => {
  it('P4 holds through any number of awaits', async () => {
    const { subject, order, watch } = await watched()
    const deep = async (depth: number): Promise<unknown> => (depth === 0 ? watch() : await deep(depth - 1))
    const done = deep(100).then(() => order.push('continuation'))
    await subject.world.settle()
    subject.world.peer.send(Buffer.concat([data(1), changed()]))
    await done
    await subject.world.settle()
    expect(order).to.deep.equal(['continuation', 'event'])
  })

  it('P4 holds for what a continuation awaits in its turn, as long as it needs no further reply', async () => {
    const { subject, order, watch } = await watched()
    const done = (async (): Promise<void> => {
      await watch()
      for (let i = 0; i < 20; i++) await null
      await new Promise<void>(resolve => process.nextTick(resolve))
      order.push('continuation')
    })()
    await subject.world.settle()
    subject.world.peer.send(Buffer.concat([data(1), changed()]))
    await done
    await subject.world.settle()
    expect(order).to.deep.equal(['continuation', 'event'])
  })

  it('P4 holds for a rejection: whoever catches it runs before the handler of the event behind it', async () => {
    const { subject, order, watch } = await watched()
    const armed = watch()
    await subject.world.settle()
    subject.world.peer.send(data(1))
    await armed
    const refused = watch('/gone').catch(() => order.push('rejection'))
    await subject.world.settle()
    subject.world.peer.send(Buffer.concat([replyFrame(2, 2n, -101), changed()]))
    await refused
    await subject.world.settle()
    expect(order).to.deep.equal(['rejection', 'event'])
  })

  it('P4 holds while requests are traced', async () => {
    const listen = (): void => {}
    const subscribers = { start: listen, end: listen, asyncStart: listen, asyncEnd: listen, error: listen }
    requestChannel.subscribe(subscribers)
    try {
      const { subject, order, watch } = await watched()
      const done = watch().then(() => order.push('continuation'))
      await subject.world.settle()
      subject.world.peer.send(Buffer.concat([data(1), changed()]))
      await done
      await subject.world.settle()
      expect(order).to.deep.equal(['continuation', 'event'])
    } finally {
      requestChannel.unsubscribe(subscribers)
    }
  })

  it('P4 holds for the answer to addAuth', async () => {
    const { subject, order, watch } = await watched()
    const { world, session } = subject
    const armed = watch()
    await world.settle()
    world.peer.send(data(1))
    await armed
    world.peer.alive = false
    const added = session.addAuth('ip', Buffer.alloc(1)).then(() => order.push('continuation'))
    await world.settle()
    world.peer.send(Buffer.concat([replyFrame(-4, 0n, 0), changed()]))
    await added
    await world.settle()
    expect(order).to.deep.equal(['continuation', 'event'])
  })

  it('P4 keeps what comes in while an event is held back: more frames, cut anywhere', async () => {
    for (const cut of [0, 1, 10, 30, 60]) {
      const { subject, order, watch } = await watched()
      const { world } = subject
      const reads = [1, 2, 3].map(xid => watch().then(() => order.push(`reply ${xid}`)))
      await world.settle()
      const later = Buffer.concat([data(2), changed(), data(3), changed()])
      world.peer.send(
        Buffer.concat([data(1), changed(), later.subarray(0, cut)]),
        later.subarray(cut, cut + 5),
        later.subarray(cut + 5),
      )
      await Promise.all(reads)
      await world.settle()
      expect(order, `cut at ${cut}`).to.deep.equal([
        'reply 1',
        'event',
        'reply 2',
        'event',
        'reply 3',
        'event',
      ])
    }
  })

  it('P4 delivers no held event once a continuation has closed the session', async () => {
    const { subject, order, watch } = await watched()
    const { world, session } = subject
    const done = watch().then(() => {
      order.push('continuation')
      world.peer.close()
      return session.close()
    })
    await world.settle()
    world.peer.send(Buffer.concat([data(1), changed()]))
    await done
    await world.settle()
    expect(order).to.deep.equal(['continuation', 'lost'])
    expect([session.state, world.timers.size]).to.deep.equal(['closed', 0])
  })

  it('W1 a read that was given up registers no watch, whatever its reply says', async () => {
    const { subject, order } = await watched()
    const { world, session } = subject
    const abort = new AbortController()
    const options = { watcher: () => order.push('event'), signal: abort.signal }
    const given = outcomeOf(session.request(op.getData, { path: '/x', watch: true }, options))
    await world.settle()
    abort.abort()
    await given
    world.peer.send(data(1), changed())
    await world.settle()
    expect(order).to.deep.equal([])
    expect(session.watches.size).to.equal(0)
  })
})
