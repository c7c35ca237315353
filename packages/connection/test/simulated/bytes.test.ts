import { EventType, JuteError, op, type Writer, writeStat, Xid } from '@zookit/jute'
import { expect } from 'chai'
import { ZooKeeperError } from '../../src/index.ts'
import { eventFrame, replyFrame } from '../support/frames.ts'
import { outcomeOf, Simulation, STAT, Subject } from '../support/simulation.ts'

type Body = (writer: Writer) => void

/** Returns the outcome of a getData for this body of its reply. */
async function readingData(body: Body): Promise<unknown> {
  const subject = await new Subject({ renew: false }).connected()
  const asked = outcomeOf(subject.getData())
  await subject.world.settle()
  subject.world.peer.reply(1, 0, body)
  return asked
}

const withStat =
  (write: Body): Body =>
  writer => {
    write(writer)
    writeStat(writer, STAT)
  }

async function childrenIn(body: Body): Promise<unknown> {
  const subject = await new Subject().connected()
  const asked = outcomeOf(subject.session.request(op.getChildren, { path: '/x', watch: false }))
  await subject.world.settle()
  subject.world.peer.reply(1, 0, body)
  return asked
}

describe('Bytes from a server', () => {
  it('F1 may be ten thousand replies and events in one piece', async () => {
    const subject = await new Subject({ maxInFlight: 10_000 }).connected()
    const { world } = subject
    let answered = 0
    const all = Array.from({ length: 9_000 }, () => subject.getData().then(() => answered++))
    await world.settle()
    const frames = all.map((_, i) =>
      replyFrame(
        i + 1,
        1n,
        0,
        withStat(writer => writer.int(-1)),
      ),
    )
    const events = Array.from({ length: 1_000 }, () => eventFrame(EventType.nodeDeleted, '/unwatched'))
    world.peer.send(Buffer.concat([...events, ...frames]))
    await Promise.all(all)
    expect(answered).to.equal(9_000)
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('F5 may claim lengths that the frame cannot hold: the request is rejected, nothing is allocated for them', async () => {
    for (const length of [0x7fff_ffff, 0x7fff_fff0, 100, -2, -7]) {
      const before = process.memoryUsage().arrayBuffers
      const results = [
        await readingData(writer => writer.int(length)),
        await childrenIn(writer => writer.int(length).int(0)),
        await childrenIn(writer => writer.int(1).int(length)),
      ]
      for (const error of results) {
        expect(error).to.include({ code: 'MARSHALLING_ERROR', outcome: 'unknown' })
        expect((error as Error).cause).to.be.instanceOf(JuteError)
      }
      expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(16 * 1024 * 1024)
    }
  })

  it('F6 keeps null apart from empty, and both from a body that is not there', async () => {
    expect(await readingData(withStat(writer => writer.int(-1)))).to.have.property('data', null)
    const empty = (await readingData(withStat(writer => writer.int(0)))) as { data: Buffer }
    expect(empty.data).to.have.lengthOf(0)
    expect(await readingData(() => {})).to.include({ code: 'MARSHALLING_ERROR' })
  })

  it('F7 keeps 64 bits: the id of a session, zxids, the owner of an ephemeral', async () => {
    const world = new Simulation()
    const id = BigInt.asIntN(64, 0xfedc_ba98_7654_3211n)
    world.onConnect = peer => {
      peer.sessionId = id
      peer.zxid = 0x7fff_ffff_ffff_fff0n
      peer.accept()
    }
    const subject = await new Subject({}, world).connected()
    expect(subject.session.id).to.equal(id)
    const asked = subject.getData()
    await world.settle()
    world.peer.reply(1, 0, writer => {
      writer.int(-1)
      writeStat(writer, { ...STAT, ephemeralOwner: id, mzxid: 0x20_0000_0000_0001n })
    })
    expect((await asked).stat).to.include({ ephemeralOwner: id, mzxid: 0x20_0000_0000_0001n })
    expect(subject.session.lastZxid).to.equal(0x7fff_ffff_ffff_fff1n)
    world.peer.close()
    await world.advance(300)
    expect(world.peer.handshake).to.include({ sessionId: id, lastZxidSeen: 0x7fff_ffff_ffff_fff1n })
  })

  it('F9 may not be UTF-8: what cannot be read becomes U+FFFD', async () => {
    const bad = Buffer.from([0x61, 0xff, 0xc0, 0x80, 0x62])
    const reply = (await childrenIn(writer => writer.int(1).buffer(bad))) as { children: string[] }
    expect(reply.children).to.deep.equal(['a\ufffd\ufffd\ufffdb'])
  })

  it('P2 may have a reserved xid that was not asked for: the connection is given up', async () => {
    for (const xid of [0, -3, Xid.setWatches, -0x8000_0000]) {
      const subject = await new Subject().connected()
      const asked = outcomeOf(subject.getData())
      await subject.world.settle()
      subject.world.peer.reply(xid)
      const error = (await asked) as ZooKeeperError
      expect(error, `xid ${xid}`).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
      expect((error.cause as Error).message).to.contain(String(xid))
      await subject.world.advance(500)
      expect(subject.session.state).to.equal('connected')
      await subject.session.close()
    }
  })

  it('P2 may be a second handshake reply: it is the reply to nothing', async () => {
    const subject = await new Subject().connected()
    subject.world.peer.answerHandshake()
    await subject.world.settle()
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
  })

  it('P5 may be events with unknown states and paths', async () => {
    const subject = await new Subject().connected()
    const { world } = subject
    world.peer.send(
      eventFrame(EventType.none, ''),
      eventFrame(0x7fff_ffff, '/x'),
      eventFrame(EventType.nodeDeleted, null),
      eventFrame(EventType.nodeDeleted, ''),
      eventFrame(EventType.nodeDeleted, 'no path at all'),
    )
    await world.settle()
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('P5 may be an event cut short: the connection is given up', async () => {
    const subject = await new Subject().connected()
    subject.world.peer.reply(Xid.notification, 0, writer => writer.int(1))
    await subject.world.settle()
    expect(subject.states).to.deep.equal(['connected', 'suspended'])
  })

  it('L3 does not stay in memory for one small value of it', async () => {
    const subject = await new Subject().connected()
    const kept = []
    for (let xid = 1; xid <= 50; xid++) {
      const asked = subject.getData()
      await subject.world.settle()
      subject.world.peer.reply(
        xid,
        0,
        withStat(writer => writer.buffer(Buffer.alloc(10, xid))),
      )
      kept.push((await asked).data!)
    }
    expect(kept.map(data => data[9])).to.deep.equal(Array.from({ length: 50 }, (_, i) => i + 1))
    for (const data of kept) expect(data.buffer.byteLength).to.be.at.most(Buffer.poolSize)
  })

  it('L4 may be a reply as long as the limit; one byte more fails that request alone, and says why', async () => {
    const overhead = 16 + 4 + 68
    const subject = await new Subject({ maxResponseSize: 2000 }).connected()
    const { world } = subject
    const reply = (size: number) => withStat(writer => writer.buffer(Buffer.alloc(size)))
    const fits = subject.getData()
    await world.settle()
    world.peer.reply(1, 0, reply(2000 - overhead))
    expect((await fits).data).to.have.lengthOf(2000 - overhead)
    const asked = [outcomeOf(subject.getData()), subject.getData(), outcomeOf(subject.getData())]
    await world.settle()
    world.peer.reply(2, 0, reply(2001 - overhead))
    world.peer.replyData(3, 'small')
    world.peer.reply(4, 0, reply(3_000_000))
    const error = (await asked[0]) as ZooKeeperError
    expect(error).to.be.instanceOf(ZooKeeperError)
    expect(error).to.include({ code: 'RESPONSE_TOO_LARGE', outcome: 'unknown', retryable: false, path: '/x' })
    expect(error.message).to.match(/2001 bytes.*maxResponseSize is 2000/)
    expect(((await asked[1]) as { data: Buffer }).data).to.deep.equal(Buffer.from('small'))
    expect(((await asked[2]) as Error).message).to.contain('3000088 bytes')
    const next = subject.getData()
    await world.settle()
    world.peer.replyData(5, 'next')
    expect((await next).data).to.deep.equal(Buffer.from('next'))
    await world.advance(500)
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('L4 may be a reply over the limit whose rest takes longer than a silent server may', async () => {
    const subject = await new Subject({ maxResponseSize: 2000 }).connected()
    const { world } = subject
    const asked = outcomeOf(subject.getData())
    await world.settle()
    world.peer.alive = false
    const frame = replyFrame(1, 1n, 0, writer => writer.buffer(Buffer.alloc(1_000_000)))
    world.peer.send(frame.subarray(0, 20))
    await world.settle()
    expect(await asked).to.include({ code: 'RESPONSE_TOO_LARGE' })
    for (let at = 20; at < frame.length; at += 50_000) {
      world.peer.send(frame.subarray(at, at + 50_000))
      await world.advance(1000)
    }
    expect(subject.states).to.deep.equal(['connected'])
  })

  it('L4 end the connection with an event or an answer to a ping over the limit', async () => {
    const frames = [
      eventFrame(EventType.nodeDeleted, `/${'x'.repeat(2000)}`),
      replyFrame(Xid.ping, -1n, 0, writer => writer.buffer(Buffer.alloc(2000))),
    ]
    for (const frame of frames) {
      const subject = await new Subject({ maxResponseSize: 1000 }).connected()
      const asked = outcomeOf(subject.getData())
      await subject.world.settle()
      subject.world.peer.send(frame)
      const error = (await asked) as ZooKeeperError
      expect(error).to.include({ code: 'CONNECTION_LOSS', outcome: 'unknown' })
      expect((error.cause as Error).message).to.match(/answers no request: maxResponseSize is 1000/)
    }
  })

  it('L4 register no watch with a reply over the limit, and one with the next that fits', async () => {
    const subject = await new Subject({ maxResponseSize: 2000 }).connected()
    const { world, session } = subject
    const events: string[] = []
    const read = (): Promise<unknown> =>
      outcomeOf(
        session.request(
          op.getData,
          { path: '/x', watch: true },
          { watcher: ({ type }) => events.push(type) },
        ),
      )
    const asked = read()
    await world.settle()
    world.peer.reply(1, 0, writer => writer.buffer(Buffer.alloc(3000)))
    expect(await asked).to.include({ code: 'RESPONSE_TOO_LARGE' })
    expect(session.watches.size).to.equal(0)
    const again = read()
    await world.settle()
    world.peer.replyData(2, 'small')
    await again
    expect(session.watches.size).to.equal(1)
  })
})

describe('Requests of a session', () => {
  it('F9 F5 are refused by the client if they cannot be encoded, and harm nothing that is sent with them', async () => {
    const subject = await new Subject().connected()
    const { world, session } = subject
    const set = (path: string, size = 3): Promise<unknown> =>
      outcomeOf(session.request(op.setData, { path, data: Buffer.alloc(size), version: -1 }))
    const asked = [set('/a'), set('/\ud800'), set('/b'), set('/c', 0x100000), set('/d')]
    await world.settle()
    expect(await asked[1]).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent', path: '/\ud800' })
    expect(await asked[3]).to.include({ code: 'BAD_ARGUMENTS', outcome: 'not-sent', path: '/c' })
    expect(((await asked[3]) as Error).message).to.contain('1048575')
    const sent = world.peer.requests
    expect(sent.map(({ body }) => body.toString('latin1', 4, 6))).to.deep.equal(['/a', '/b', '/d'])
    for (const { xid } of sent) world.peer.reply(xid, 0, writer => writeStat(writer, STAT))
    for (const reply of await Promise.all([asked[0], asked[2], asked[4]]))
      expect(reply).to.have.property('stat')
    expect(subject.states).to.deep.equal(['connected'])
  })
})
