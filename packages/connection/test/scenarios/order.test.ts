import { EventType, op, writeStat } from '@zookit/jute'
import { expect } from 'chai'
import { InFlight } from '../../src/requests/in-flight.ts'
import { OutgoingRequests } from '../../src/requests/outgoing-requests.ts'
import { eventFrame, replyFrame } from '../support/frames.ts'
import { outcomeOf, type Peer, STAT, Subject } from '../support/simulation.ts'

const data = (xid: number): Buffer =>
  replyFrame(xid, BigInt(xid), 0, writer => {
    writer.buffer(Buffer.from(String(xid)))
    writeStat(writer, STAT)
  })

function echo(peer: Peer): void {
  peer.onRequest = ({ xid }) => {
    peer.replyData(xid, String(xid))
    return true
  }
}

describe('The order of requests, replies and events', () => {
  it('P1 settles a hundred thousand requests of one tick in the order of the calls', async () => {
    const subject = await new Subject().connected()
    echo(subject.world.peer)
    const order: number[] = []
    const all = Array.from({ length: 100_000 }, (_, i) => subject.getData().then(() => void order.push(i)))
    await Promise.all(all)
    expect(order.every((value, index) => value === index)).to.equal(true)
    expect(subject.world.peer.requests.map(({ xid }) => xid).every((xid, i) => xid === i + 1)).to.equal(true)
  })

  it('P1 never has more on the wire than the window allows', async () => {
    const subject = await new Subject({ maxInFlight: 10 }).connected()
    const { peer } = subject.world
    const all = Promise.all(Array.from({ length: 25 }, () => subject.getData()))
    await subject.world.settle()
    expect(peer.requests).to.have.lengthOf(10)
    peer.replyData(1, 'x')
    await subject.world.settle()
    expect(peer.requests).to.have.lengthOf(11)
    echo(peer)
    for (let xid = 2; xid <= 11; xid++) peer.replyData(xid, 'x')
    await all
    expect(peer.requests).to.have.lengthOf(25)
  })

  it('P2 gives a connection up whose replies do not match, and goes on with the next', async () => {
    for (const wrong of [5, 1_000_000]) {
      const subject = await new Subject().connected()
      const { world } = subject
      const asked = [outcomeOf(subject.getData()), outcomeOf(subject.getData())]
      await world.settle()
      world.peer.replyData(wrong, 'x')
      for (const error of await Promise.all(asked)) {
        expect(error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
      }
      await world.advance(500)
      expect(subject.session.state).to.equal('connected')
      await subject.session.close()
    }
    const idle = await new Subject().connected()
    idle.world.peer.replyData(1, 'nobody asked')
    await idle.world.advance(500)
    expect(idle.states).to.deep.equal(['connected', 'suspended', 'connected'])
  })

  it('P3 numbers requests up to 2^31-1, and then from 1', () => {
    const ring = new InFlight()
    const outgoing = new OutgoingRequests(
      ring,
      { maxInFlight: 10, maxQueuedBytes: 1000, whenFull: 'wait', maxRequestSize: 1000 },
      0x7fff_fffd,
    )
    for (let i = 0; i < 4; i++) {
      const request = Object.assign(ring.next(), { operation: op.exists, path: '/x' })
      outgoing.accept(request, { path: '/x', watch: false })
    }
    const xids = [0, 1, 2, 3].map(position => ring.at(position).xid)
    expect(xids).to.deep.equal([0x7fff_fffe, 0x7fff_ffff, 1, 2])
  })

  it('P4 runs the continuation of a reply before the handler of the event behind it, whose watch the reply set', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const order: string[] = []
    const deep = async (): Promise<void> => {
      const read = async (): Promise<unknown> =>
        session.request(op.getData, { path: '/x', watch: true }, { watcher: () => order.push('event') })
      await (async () => await read())()
      await null
      order.push('continuation')
    }
    const done = deep()
    await world.settle()
    world.peer.send(Buffer.concat([data(1), eventFrame(EventType.nodeDataChanged, '/x')]))
    await done
    await world.settle()
    expect(order).to.deep.equal(['continuation', 'event'])
  })

  it('P4 runs the handler of an event before the continuation of the reply behind it', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const order: string[] = []
    const watcher = (): void => void order.push('event')
    const armed = session.request(op.getData, { path: '/x', watch: true }, { watcher })
    await world.settle()
    world.peer.send(data(1))
    await armed
    const second = subject.getData().then(() => order.push('continuation'))
    await world.settle()
    world.peer.send(Buffer.concat([eventFrame(EventType.nodeDataChanged, '/x'), data(2)]))
    await second
    expect(order).to.deep.equal(['event', 'continuation'])
  })

  it('P4 keeps replies and events apart through a long alternation in one chunk', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const order: string[] = []
    const lasting = session.request(op.addWatch, { path: '/x', mode: 0 }, { watcher: () => order.push('e') })
    await world.settle()
    world.peer.reply(1, 0, writer => writer.int(0))
    await lasting
    const reads = Array.from({ length: 50 }, () => subject.getData().then(() => order.push('r')))
    await world.settle()
    const frames = Array.from({ length: 50 }, (_, i) => [
      data(i + 2),
      eventFrame(EventType.nodeDataChanged, '/x'),
    ])
    world.peer.send(Buffer.concat(frames.flat()))
    await Promise.all(reads)
    for (let turn = 0; turn < 10; turn++) await world.settle()
    expect(order.join('')).to.equal('re'.repeat(50))
  })

  it('P5 keeps an unknown error number, and ignores an unknown event', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const asked = outcomeOf(subject.getData())
    await world.settle()
    world.peer.send(Buffer.concat([eventFrame(77, '/x'), eventFrame(-1, null), replyFrame(1, 1n, -999)]))
    expect(await asked).to.include({ code: 'UNKNOWN', errno: -999, outcome: 'unknown' })
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('P6 calls all other watchers and listeners when one throws', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const failures: unknown[] = []
    const heard: string[] = []
    session.on('listenerError', error => failures.push(error))
    session.on('state', () => {
      throw new Error('listener')
    })
    session.on('state', state => heard.push(state))
    const bad = (): void => {
      throw new Error('watcher')
    }
    const good = (): void => void heard.push('event')
    const reads = [bad, good].map(watcher =>
      session.request(op.getData, { path: '/x', watch: true }, { watcher }),
    )
    await world.settle()
    world.peer.send(data(1), data(2), eventFrame(EventType.nodeDeleted, '/x'))
    await Promise.all(reads)
    await world.settle()
    world.peer.close()
    expect(heard).to.deep.equal(['event', 'suspended'])
    expect(failures.map(error => (error as Error).message)).to.deep.equal(['watcher', 'listener'])
  })

  it('P7 times a request out without taking its reply for the next one', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    const slow = outcomeOf(subject.getData('/slow', { timeout: 100 }))
    const next = subject.getData('/next')
    await world.advance(150)
    expect(await slow).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'unknown', path: '/slow' })
    expect(await slow)
      .to.have.property('message')
      .that.matches(/no reply within \d+ ms$/)
    world.peer.send(data(1), data(2))
    expect(String((await next).data)).to.equal('2')
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('P7 cancels a request that was not sent in time', async () => {
    const subject = new Subject()
    subject.world.onConnect = () => {}
    const asked = outcomeOf(subject.getData('/x', { timeout: 100 }))
    await subject.world.advance(150)
    expect(await asked).to.include({ code: 'REQUEST_TIMEOUT', outcome: 'not-sent' })
    expect(subject.session.outstanding).to.equal(0)
    await subject.session.close()
    expect(subject.world.timers.size).to.equal(0)
  })

  it('P8 removes an aborted request from the queue, and keeps the place of one that was sent', async () => {
    const subject = await new Subject({ maxInFlight: 2 }).connected()
    const { world } = subject
    const abort = [new AbortController(), new AbortController()]
    const sent = outcomeOf(subject.getData('/sent', { signal: abort[0]!.signal }))
    const kept = subject.getData('/kept')
    const queued = outcomeOf(subject.getData('/queued', { signal: abort[1]!.signal }))
    const last = subject.getData('/last')
    await world.settle()
    abort[0]!.abort(new Error('enough'))
    abort[1]!.abort()
    const error = await sent
    expect(error).to.include({ code: 'ABORTED', name: 'AbortError', outcome: 'unknown' })
    expect((error as Error).cause).to.have.property('message', 'enough')
    expect(await queued).to.include({ code: 'ABORTED', outcome: 'not-sent' })
    world.peer.send(data(1), data(2))
    expect(String((await kept).data)).to.equal('2')
    await world.settle()
    expect(world.peer.requests.map(({ xid }) => xid)).to.deep.equal([1, 2, 4])
    world.peer.send(data(4))
    expect(String((await last).data)).to.equal('4')
    const late = outcomeOf(subject.getData('/x', { signal: AbortSignal.abort() }))
    expect(await late).to.include({ code: 'ABORTED', outcome: 'not-sent' })
  })

  it('P8 does not keep the bytes of requests that are given up while there is no connection', async () => {
    const subject = new Subject({ maxQueuedBytes: 1_000_000, whenFull: 'reject' })
    subject.world.onConnect = () => {}
    const body = { path: '/x', data: Buffer.alloc(10_000), version: -1 }
    for (let i = 0; i < 1000; i++) {
      const abort = new AbortController()
      const options = { signal: abort.signal }
      const asked = outcomeOf(subject.session.request(op.setData, body, options))
      abort.abort()
      expect(await asked).to.include({ code: 'ABORTED' })
    }
    const kept = subject.session.request(op.setData, body)
    subject.world.peer.onRequest = ({ xid }) => {
      subject.world.peer.reply(xid, 0, writer => writeStat(writer, STAT))
      return true
    }
    subject.world.peer.accept()
    expect(await kept).to.have.nested.property('stat.version', 5)
    expect(subject.world.peer.requests).to.have.lengthOf(1)
  })

  it('bounds the bytes that wait: a full queue rejects, or lets the rest wait its turn in order', async () => {
    const body = { path: '/x', data: Buffer.alloc(1000), version: -1 }
    const rejecting = new Subject({ maxQueuedBytes: 3000 })
    rejecting.world.onConnect = () => {}
    const asked = Array.from({ length: 5 }, () => outcomeOf(rejecting.session.request(op.setData, body)))
    expect(await asked[3]).to.include({ code: 'QUEUE_FULL', outcome: 'not-sent', retryable: true })
    expect(await asked[3])
      .to.have.property('message')
      .that.matches(/\d+ bytes of requests wait already \(maxQueuedBytes\)/)
    await rejecting.session.close()
    expect(await asked[0]).to.include({ code: 'CLOSED', outcome: 'not-sent' })

    const waiting = new Subject({ maxQueuedBytes: 3000, whenFull: 'wait' })
    const { world } = waiting
    world.onConnect = peer => {
      peer.onRequest = ({ xid }) => {
        peer.reply(xid, 0, writer => writeStat(writer, { ...STAT, version: xid }))
        return true
      }
      peer.accept()
    }
    const abort = new AbortController()
    const all = Array.from({ length: 10 }, () => waiting.session.request(op.setData, body))
    const gone = outcomeOf(waiting.session.request(op.setData, body, { signal: abort.signal }))
    abort.abort()
    expect(await gone).to.include({ outcome: 'not-sent' })
    const versions = (await Promise.all(all)).map(({ stat }) => stat.version)
    expect(versions).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('F2 survives impossible frame lengths with a clear error and another connection', async () => {
    for (const length of [-1, -5, -0x80000000, 0, 1, 15, 0x100000, 0x7fffffff]) {
      const subject = await new Subject().connected()
      const asked = outcomeOf(subject.getData())
      await subject.world.settle()
      const bytes = Buffer.alloc(20)
      bytes.writeInt32BE(length)
      subject.world.peer.send(bytes)
      if (length < 16 || length > 0xfffff) {
        expect(await asked).to.include({ code: 'CONNECTION_LOSS' })
        await subject.world.advance(500)
        expect(subject.states).to.deep.equal(['connected', 'suspended', 'connected'])
      }
      await subject.session.close()
    }
  })

  it('F3 rejects the request whose reply is cut short, and the others with a lost connection', async () => {
    const subject = await new Subject().connected()
    const asked = [outcomeOf(subject.getData()), outcomeOf(subject.getData())]
    await subject.world.settle()
    subject.world.peer.send(replyFrame(1, 1n, 0, writer => writer.int(100)))
    expect(await asked[0]).to.include({ code: 'MARSHALLING_ERROR', outcome: 'unknown' })
    expect(await asked[1]).to.include({ code: 'CONNECTION_LOSS' })
  })

  it('F4 ignores what a later server may append to a reply', async () => {
    const subject = await new Subject().connected()
    const asked = subject.getData()
    await subject.world.settle()
    const frame = Buffer.concat([data(1), Buffer.from('later')])
    frame.writeInt32BE(frame.length - 4)
    subject.world.peer.send(frame)
    expect(String((await asked).data)).to.equal('1')
  })

  it('L4 refuses a request over the limit here, and fails one whose reply is', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const set = (size: number): Promise<unknown> =>
      session.request(op.setData, { path: '/x', data: Buffer.alloc(size), version: -1 })
    const overhead = 8 + 4 + 2 + 4 + 4
    expect(await outcomeOf(set(0xfffff - overhead + 1))).to.include({
      code: 'BAD_ARGUMENTS',
      outcome: 'not-sent',
    })
    const fits = set(0xfffff - overhead)
    await world.settle()
    expect(world.peer.requests).to.have.lengthOf(1)
    world.peer.reply(world.peer.requests[0]!.xid, 0, writer => writeStat(writer, STAT))
    await fits
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('S1 tells what an overloaded server, a quota and a moved session answer', async () => {
    const subject = await new Subject().connected()
    for (const [errno, code, retryable] of [
      [-127, 'THROTTLED_OP', true],
      [-125, 'QUOTA_EXCEEDED', false],
      [-118, 'SESSION_MOVED', true],
    ] as const) {
      const asked = outcomeOf(subject.getData())
      await subject.world.settle()
      subject.world.peer.reply(subject.world.peer.requests.at(-1)!.xid, errno)
      expect(await asked).to.include({ code, errno, retryable, outcome: 'rejected' })
    }
    subject.world.peer.close()
    await subject.world.advance(500)
    expect(subject.session.state).to.equal('connected')
  })

  it('S4 takes names such as __proto__ for plain data', async () => {
    const subject = await new Subject().connected()
    const names = ['__proto__', 'constructor', 'toString']
    const asked = subject.session.request(
      op.getChildren,
      { path: '/__proto__', watch: true },
      { watcher: () => {} },
    )
    await subject.world.settle()
    subject.world.peer.reply(1, 0, writer => writer.vector(names, (w, name) => void w.ustring(name)))
    expect((await asked).children).to.deep.equal(names)
    subject.world.peer.event(EventType.nodeChildrenChanged, '/constructor')
    subject.world.peer.event(EventType.nodeChildrenChanged, '/__proto__')
    await subject.world.settle()
    expect(subject.session.watches.size).to.equal(0)
  })
})
