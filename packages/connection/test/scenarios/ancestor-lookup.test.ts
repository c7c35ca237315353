import { CreateFlag, EventType, op, writeStat } from '@zookit/jute'
import { expect } from 'chai'
import type { RequestOptions, ZooKeeperError } from '../../src/index.ts'
import { eventFrame, replyFrame } from '../support/frames.ts'
import { outcomeOf, STAT, Subject } from '../support/simulation.ts'

const NO_NODE = -101
const UNKNOWN = 'its parent /a/b/c does not exist, nor perhaps what is above it, from /a on'

const stat = (xid: number): Buffer => replyFrame(xid, BigInt(xid), 0, writer => writeStat(writer, STAT))
const noNode = (xid: number): Buffer => replyFrame(xid, BigInt(xid), NO_NODE)

/** A session that has created /a/b/c/d, and what it has told in its order. */
class Creation {
  readonly subject: Subject
  readonly order: string[] = []
  readonly error: Promise<ZooKeeperError>

  private constructor(subject: Subject, options?: RequestOptions) {
    this.subject = subject
    const body = { path: '/a/b/c/d', data: null, acl: [], flags: CreateFlag.persistent }
    const created = subject.session.request(op.create, body, options)
    this.error = created.then(
      () => expect.fail('it is created'),
      error => {
        this.order.push('create')
        return error
      },
    )
  }

  /** Sends the create, behind a read that has left a watch. */
  static async sent(options?: RequestOptions): Promise<Creation> {
    const subject = await new Subject().connected()
    const told: string[] = []
    const watcher = (): void => void told.push('event')
    const watched = subject.session.request(op.exists, { path: '/w', watch: true }, { watcher })
    await subject.world.settle()
    subject.world.peer.send(stat(1))
    await watched
    const creation = new Creation(subject, options)
    Object.defineProperty(told, 'push', { value: (what: string) => creation.order.push(what) })
    await subject.world.settle()
    return creation
  }

  /** Reads a znode, whose answer is told too. */
  read(): void {
    const read = this.subject.session.request(op.exists, { path: '/x', watch: false })
    void read.then(() => this.order.push('read'))
  }

  async answer(...frames: Buffer[]): Promise<void> {
    this.subject.world.peer.send(Buffer.concat(frames))
    await this.subject.world.settle()
  }

  /** Returns the opcodes of what was asked after the create. */
  get asked(): number[] {
    return this.subject.world.peer.requests.slice(2).map(({ code }) => code)
  }
}

describe('A create that is refused with NO_NODE', () => {
  it('is rejected when the server has told which znode is the first that is missing', async () => {
    for (const [answers, message] of [
      [
        [noNode(3), noNode(4)],
        "/a does not exist, nor what is below it: create all that is missing with ensurePath('/a/b/c')",
      ],
      [
        [stat(3), noNode(4)],
        "/a/b does not exist, nor what is below it: create all that is missing with ensurePath('/a/b/c')",
      ],
      [[stat(3), stat(4)], "its parent /a/b/c does not exist: create it first, with ensurePath('/a/b/c')"],
    ] as const) {
      const creation = await Creation.sent()
      await creation.answer(noNode(2))
      expect(creation.asked).to.deep.equal([op.exists.code, op.exists.code])
      expect(creation.order).to.deep.equal([])
      await creation.answer(...answers)
      const error = await creation.error
      expect(error.explanation).to.equal(message)
      expect(error).to.include({
        code: 'NO_NODE',
        errno: NO_NODE,
        operation: 'create',
        path: '/a/b/c/d',
        outcome: 'rejected',
      })
    }
  })

  it('P4 is rejected at once while other requests are under way, and nothing is asked', async () => {
    const creation = await Creation.sent()
    creation.read()
    await creation.subject.world.settle()
    await creation.answer(noNode(2), stat(3))
    expect(creation.order).to.deep.equal(['create', 'read'])
    expect((await creation.error).explanation).to.include(UNKNOWN)
    expect(creation.asked).to.have.lengthOf(1)
  })

  it('P4 is rejected before the replies to what is asked while it waits, also in one chunk', async () => {
    for (const answers of [
      [noNode(3), noNode(4)],
      [stat(3), stat(4)],
    ]) {
      const creation = await Creation.sent()
      await creation.answer(noNode(2))
      creation.read()
      await creation.subject.world.settle()
      await creation.answer(...answers, stat(5))
      expect(creation.order).to.deep.equal(['create', 'read'])
    }
  })

  it('P4 is rejected before the handler of an event that comes while it waits', async () => {
    for (const isOneChunk of [true, false]) {
      const creation = await Creation.sent()
      const event = eventFrame(EventType.nodeDataChanged, '/w')
      if (isOneChunk) await creation.answer(noNode(2), event)
      else {
        await creation.answer(noNode(2))
        await creation.answer(event)
      }
      expect(creation.order).to.deep.equal(['create', 'event'])
      expect((await creation.error).explanation).to.include(UNKNOWN)
      creation.read()
      await creation.subject.world.settle()
      await creation.answer(noNode(3), noNode(4), stat(5))
      expect(creation.order, 'late answers change nothing').to.deep.equal(['create', 'event', 'read'])
    }
  })

  it('is rejected with what the server has said, if the connection is lost or closed while it waits', async () => {
    const lost = await Creation.sent()
    await lost.answer(noNode(2))
    lost.subject.world.peer.close()
    expect((await lost.error).explanation).to.include(UNKNOWN)
    expect(await lost.error).to.include({ code: 'NO_NODE', outcome: 'rejected' })
    const closed = await Creation.sent()
    await closed.answer(noNode(2))
    const closing = closed.subject.session.close()
    await closed.subject.world.settle()
    closed.subject.world.peer.close()
    await closing
    expect(await closed.error).to.include({ code: 'NO_NODE', outcome: 'rejected' })
  })

  it('is rejected when its time is over or its signal is aborted, with what the server has said', async () => {
    const late = await Creation.sent({ timeout: 1000 })
    await late.subject.world.advance(600)
    await late.answer(noNode(2))
    await late.subject.world.advance(399)
    expect(late.order).to.deep.equal([])
    await late.subject.world.advance(1)
    expect(late.order).to.deep.equal(['create'])
    const controller = new AbortController()
    const given = await Creation.sent({ signal: controller.signal })
    await given.answer(noNode(2))
    controller.abort()
    for (const { error } of [late, given]) {
      expect(await error).to.include({ code: 'NO_NODE', outcome: 'rejected' })
      expect((await error).explanation).to.include(UNKNOWN)
    }
  })

  it('leaves no timer behind when it is answered in time', async () => {
    const creation = await Creation.sent({ timeout: 1000, signal: new AbortController().signal })
    const { timers } = creation.subject.world
    await creation.answer(noNode(2))
    const before = timers.size
    await creation.answer(noNode(3), noNode(4))
    await creation.error
    expect(timers.size).to.equal(before - 1)
  })

  it('asks nothing where NO_NODE says it all, and takes another error for no answer', async () => {
    const subject = await new Subject().connected()
    for (const path of ['/a', '/a/b']) {
      const body = { path, data: null, acl: [], flags: CreateFlag.persistent }
      const refused = outcomeOf(subject.session.request(op.create, body))
      await subject.world.settle()
      subject.world.peer.reply(subject.world.peer.requests.at(-1)!.xid, NO_NODE)
      expect(await refused).to.include({ code: 'NO_NODE' })
    }
    expect(subject.world.peer.requests).to.have.lengthOf(2)
    const creation = await Creation.sent()
    await creation.answer(noNode(2))
    await creation.answer(replyFrame(3, 3n, -102), noNode(4))
    expect((await creation.error).explanation).to.include(UNKNOWN)
  })
})
