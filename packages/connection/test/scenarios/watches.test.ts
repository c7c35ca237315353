import { EventType, op, Reader, readSetWatches, readSetWatches2, type SetWatches2 } from '@zookit/jute'
import { expect } from 'chai'
import type { WatchEvent } from '../../src/index.ts'
import { outcomeOf, type Peer, Subject } from '../support/simulation.ts'

/** Answers every request with success; reads with data. */
function obliging(peer: Peer): void {
  peer.onRequest = ({ xid, code }) => {
    if (code === op.getData.code) peer.replyData(xid, 'x')
    else if (code === op.addWatch.code) peer.reply(xid, 0, writer => writer.int(0))
    else if (code === op.exists.code) peer.reply(xid, -101)
    else if (code === op.getChildren.code) peer.reply(xid, 0, writer => writer.int(0))
    else peer.reply(xid)
    return true
  }
}

async function watched(): Promise<{
  subject: Subject
  events: WatchEvent[]
  watcher: (event: WatchEvent) => void
}> {
  const subject = new Subject()
  subject.world.onConnect = peer => {
    obliging(peer)
    peer.accept()
  }
  await subject.connected()
  const events: WatchEvent[] = []
  return { subject, events, watcher: event => events.push(event) }
}

const types = (events: WatchEvent[]): string[] => events.map(({ type }) => type)

describe('Watches', () => {
  it('W1 set a watch on a znode that was found, and exists also on one that was not', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.exists, { path: '/none', watch: true }, { watcher })
    world.peer.onRequest = ({ xid }) => {
      world.peer.reply(xid, -101)
      return true
    }
    await outcomeOf(session.request(op.getData, { path: '/gone', watch: true }, { watcher }))
    expect(session.watches.size).to.equal(1)
    world.peer.event(EventType.nodeCreated, '/none')
    world.peer.event(EventType.nodeCreated, '/none')
    world.peer.event(EventType.nodeDataChanged, '/gone')
    await world.settle()
    expect(types(events)).to.deep.equal(['created'])
    expect(session.watches.size).to.equal(0)
  })

  it('W2 deliver the events for changes during a lost connection before the session is connected', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.getData, { path: '/a', watch: true }, { watcher })
    const seen: string[] = []
    session.on('state', state => seen.push(`${state} after ${events.length}`))
    world.onConnect = peer => {
      obliging(peer)
      peer.accept()
      peer.event(EventType.nodeDataChanged, '/a')
    }
    world.peer.close()
    await world.advance(500)
    expect(types(events)).to.deep.equal(['changed'])
    expect(seen).to.deep.equal(['suspended after 0', 'connected after 1'])
  })

  it('W3 sets ten thousand watches again in frames under 128 KiB, all with one zxid', async () => {
    const { subject, watcher } = await watched()
    const { session, world } = subject
    const path = (i: number): string => `/watched/a-path-that-is-not-short-${i}`
    const reads = Array.from({ length: 10_000 }, (_, i) =>
      session.request(op.getData, { path: path(i), watch: true }, { watcher }),
    )
    await Promise.all(reads)
    world.peer.close()
    await world.advance(500)
    const frames = world.peer.requests.filter(({ code }) => code === op.setWatches.code)
    expect(frames.length).to.be.greaterThan(2)
    expect(Math.max(...frames.map(({ body }) => body.length))).to.be.lessThan(128 * 1024)
    const records = frames.map(({ body }) => readSetWatches(new Reader(body)))
    expect(new Set(records.map(({ relativeZxid }) => relativeZxid))).to.deep.equal(new Set([10_100n]))
    expect(records.flatMap(({ dataWatches }) => dataWatches)).to.have.lengthOf(10_000)
    expect(frames.every(({ xid }) => xid === -8)).to.equal(true)
    expect(session.state).to.equal('connected')
  })

  it('W4 tells watchers that a server refused to set their watches again', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.getData, { path: '/a', watch: true }, { watcher })
    await session.request(op.addWatch, { path: '/b', mode: 1 }, { watcher })
    world.onConnect = peer => {
      obliging(peer)
      peer.answerSetWatches = -102
      peer.accept()
    }
    world.peer.close()
    await world.advance(500)
    expect(types(events)).to.deep.equal(['lost', 'lost'])
    expect(events[0]).to.have.nested.property('error.code', 'NO_AUTH')
    expect(session.watches.size).to.equal(0)
    expect(session.state).to.equal('connected')
  })

  it('W5 sets persistent and recursive watches again with SetWatches2, and tells that there may be a gap', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.addWatch, { path: '/p', mode: 0 }, { watcher })
    await session.request(op.addWatch, { path: '/r', mode: 1 }, { watcher })
    await session.request(op.getChildren, { path: '/c', watch: true }, { watcher })
    world.peer.close()
    await world.advance(500)
    const [frame] = world.peer.requests
    expect(frame!.code).to.equal(op.setWatches2.code)
    const record: SetWatches2 = readSetWatches2(new Reader(frame!.body))
    expect(record).to.deep.include({ childWatches: ['/c'], persistentWatches: ['/p'] })
    expect(record.persistentRecursiveWatches).to.deep.equal(['/r'])
    expect(events).to.deep.equal([
      { type: 'resync', path: '/p' },
      { type: 'resync', path: '/r' },
    ])
  })

  it('W6 tells recursive watchers of everything below but children events, and lets kinds share a path', async () => {
    const { subject } = await watched()
    const { session, world } = subject
    const heard: string[] = []
    const as = (name: string) => (event: WatchEvent) => heard.push(`${name} ${event.type} ${event.path}`)
    await session.request(op.addWatch, { path: '/a', mode: 1 }, { watcher: as('recursive') })
    await session.request(op.addWatch, { path: '/a', mode: 0 }, { watcher: as('persistent') })
    await session.request(op.getData, { path: '/a', watch: true }, { watcher: as('once') })
    const read = world.peer.requests.at(-1)!
    expect(read.body.at(-1), 'a watch flag would take the lasting watch away before 3.9').to.equal(0)
    world.peer.event(EventType.nodeDataChanged, '/a', 7n)
    world.peer.event(EventType.nodeChildrenChanged, '/a', 8n)
    world.peer.event(EventType.nodeCreated, '/a/b/c', 9n)
    world.peer.event(EventType.nodeCreated, '/apple', 9n)
    await world.settle()
    expect(heard).to.deep.equal([
      // It is left at the server once more, for before 3.9 the persistent one has taken its place.
      'recursive resync /a',
      'persistent changed /a',
      'recursive changed /a',
      'once changed /a',
      'persistent children /a',
      'recursive created /a/b/c',
    ])
  })

  it('W6 makes the children events that a server before 3.9 does not send to a recursive watch', async () => {
    const { subject } = await watched()
    const { session, world } = subject
    const heard: string[] = []
    const as = (name: string) => (event: WatchEvent) => heard.push(`${name} ${event.type} ${event.path}`)
    await session.request(op.addWatch, { path: '/a', mode: 0 }, { watcher: as('persistent') })
    await session.request(op.addWatch, { path: '/a', mode: 1 }, { watcher: as('recursive') })
    world.peer.event(EventType.nodeCreated, '/a/b')
    world.peer.event(EventType.nodeCreated, '/a/b/c')
    await world.settle()
    expect(heard).to.deep.equal([
      'recursive created /a/b',
      'persistent children /a',
      'recursive created /a/b/c',
    ])
  })

  it('W6 adds a persistent watch again whose place a one-shot watch took, and tells of the gap', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.addWatch, { path: '/a', mode: 0 }, { watcher: () => {} })
    const removed = session.watches.remove('/a', 'persistent')
    const added = session.request(op.addWatch, { path: '/a', mode: 0 }, { watcher })
    // The removal may take away what would serve the read, so it sets a watch of its own.
    await session.request(op.getData, { path: '/a', watch: true }, { watcher: () => {} })
    await Promise.all([removed, added])
    await world.settle()
    expect(world.peer.codes.filter(code => code === op.addWatch.code)).to.have.lengthOf(3)
    expect(types(events)).to.deep.equal(['resync'])
  })

  it('W7 removes watches by kind, tells their watchers, and leaves the others', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    const other: WatchEvent[] = []
    await session.request(op.getData, { path: '/a', watch: true }, { watcher })
    await session.request(
      op.getChildren,
      { path: '/a', watch: true },
      { watcher: event => other.push(event) },
    )
    await session.watches.remove('/a', 'data')
    expect(events).to.deep.equal([{ type: 'removed', path: '/a' }])
    expect(world.peer.requests.at(-1)!.body.readInt32BE(6)).to.equal(2)
    world.peer.event(EventType.nodeDeleted, '/a')
    await world.settle()
    expect(types(other)).to.deep.equal(['deleted'])
    const none = outcomeOf(session.watches.remove('/a', 'any'))
    expect(await none).to.include({ code: 'NO_WATCHER', outcome: 'not-sent' })
  })

  it('W7 keeps a watch that is set right behind a removal', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.getData, { path: '/a', watch: true }, { watcher: () => {} })
    const removing = session.watches.remove('/a', 'any')
    await session.request(op.getData, { path: '/a', watch: true }, { watcher })
    await removing
    world.peer.event(EventType.nodeDataChanged, '/a')
    await world.settle()
    expect(types(events)).to.deep.equal(['changed'])
  })

  it('W7 forgets a watch locally where there is no server to tell', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.getData, { path: '/a', watch: true }, { watcher })
    world.onConnect = () => {}
    world.peer.onRequest = () => {
      setImmediate(() => world.peer.close())
      return true
    }
    const refused = outcomeOf(session.watches.remove('/a', 'data'))
    expect(await refused).to.include({ code: 'CONNECTION_LOSS' })
    const removing = session.watches.remove('/a', 'data', { local: true, timeout: 50 })
    await world.advance(100)
    await removing
    expect(types(events)).to.deep.equal(['removed'])
    expect(session.watches.size).to.equal(0)
  })

  it('W8 calls a watcher once that was given twice, and fires no watch on a change of state', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    const read = (): Promise<unknown> => session.request(op.getData, { path: '/a', watch: true }, { watcher })
    await Promise.all([read(), read()])
    world.peer.close()
    await world.advance(500)
    expect(events).to.deep.equal([])
    world.peer.event(EventType.nodeDataChanged, '/a', 55n)
    await world.settle()
    expect(events).to.deep.equal([{ type: 'changed', path: '/a', zxid: 55n }])
  })

  it('calls every watcher when the session has expired, after the listeners of the state', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    await session.request(op.getData, { path: '/a', watch: true }, { watcher })
    await session.request(op.addWatch, { path: '/b', mode: 1 }, { watcher })
    const seen: string[] = []
    session.on('state', state => seen.push(`${state} ${events.length}`))
    world.onConnect = peer => {
      peer.alive = false
      peer.accept()
      if (peer.handshake?.sessionId === 0n) peer.answerHandshake()
      else peer.answerExpired()
    }
    world.peer.close()
    await world.advance(2000)
    expect(types(events)).to.deep.equal(['lost', 'lost'])
    expect(seen).to.deep.equal(['suspended 0', 'expired 0', 'connecting 2', 'connected 2'])
  })

  it('L2 keeps nothing of a hundred thousand watches that were set and fired', async () => {
    const { subject, events, watcher } = await watched()
    const { session, world } = subject
    for (let round = 0; round < 100; round++) {
      const paths = Array.from({ length: 1000 }, (_, i) => `/w/${round}/${i}`)
      await Promise.all(paths.map(path => session.request(op.getData, { path, watch: true }, { watcher })))
      for (const path of paths) world.peer.event(EventType.nodeDeleted, path)
      await world.settle()
    }
    expect(events).to.have.lengthOf(100_000)
    expect(session.watches.size).to.equal(0)
    expect(session.outstanding).to.equal(0)
  })
})

describe('Credentials', () => {
  const local = { servers: [{ host: '127.0.0.1', port: 1 }] }

  it('A1 presents them in the order in which they were added, those added while down once', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    await session.addAuth('digest', Buffer.from('a:1'))
    world.onConnect = () => {}
    world.peer.close()
    await world.advance(300)
    const added = session.addAuth('digest', Buffer.from('b:2'))
    world.onConnect = peer => peer.accept()
    await world.advance(10_000)
    await added
    expect(world.peer.codes.filter(code => code === op.auth.code)).to.have.lengthOf(2)
  })

  it('A1 asks a function for its secret at every connection', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    let asked = 0
    await session.addAuth('digest', async () => Buffer.from(`a:${++asked}`))
    world.peer.close()
    await world.advance(500)
    expect(asked).to.equal(2)
    expect(session.state).to.equal('connected')
  })

  it('A2 ends in auth-failed when a credential is refused, and tries no further', async () => {
    for (const errno of [-115, -124]) {
      const subject = await new Subject(local).connected()
      const { world, session } = subject
      const asked = outcomeOf(subject.getData())
      await world.settle()
      if (errno === -115) world.peer.answerAuth = errno
      const adding = errno === -115 ? outcomeOf(session.addAuth('digest', Buffer.from('a:wrong'))) : asked
      if (errno === -124) world.peer.reply(1, errno)
      const error = await adding
      expect(error).to.include({ errno })
      expect(await asked).to.be.instanceOf(Error)
      expect(await outcomeOf(subject.getData())).to.include({ code: 'AUTH_FAILED', outcome: 'not-sent' })
      await world.advance(60_000)
      expect(subject.states).to.deep.equal(['connected', 'auth-failed'])
      expect([world.peers.length, world.timers.size, world.open_]).to.deep.equal([1, 0, 0])
      await session.close()
      expect(session.state).to.equal('closed')
    }
  })

  it('A3 gets through though the connection drops while credentials are presented, again and again', async () => {
    const subject = await new Subject(local).connected()
    const { world, session } = subject
    await session.addAuth('digest', Buffer.from('a:1'))
    let drops = 5
    world.onConnect = peer => {
      peer.accept()
      if (drops-- > 0) setImmediate(() => peer.close())
    }
    world.peer.close()
    await world.advance(7000)
    expect(session.state).to.equal('connected')
    expect(subject.states.filter(state => state === 'connected')).to.have.lengthOf(2)
  })

  it('refuses a digest password in clear text, but not to this machine, nor when told so', async () => {
    const remote = await new Subject().connected()
    const refused = await outcomeOf(remote.session.addAuth('digest', Buffer.from('a:secret')))
    expect(refused).to.include({ code: 'INSECURE_AUTH', outcome: 'not-sent' })
    expect(remote.world.peer.codes).to.deep.equal([])
    const told = await new Subject({ allowInsecureAuth: true }).connected()
    await told.session.addAuth('digest', Buffer.from('a:secret'))
  })

  it('A8 shows no secret in errors, inspection or JSON', async () => {
    const { inspect } = await import('node:util')
    const subject = await new Subject(local).connected()
    await subject.session.addAuth('digest', Buffer.from('bob:hunter2'))
    subject.world.peer.answerAuth = -115
    const error = await outcomeOf(subject.session.addAuth('digest', Buffer.from('bob:hunter3')))
    const texts = [
      inspect(subject.session, { depth: 10 }),
      inspect(error, { depth: 10 }),
      JSON.stringify(error),
    ]
    const secrets = ['hunter', Buffer.from('hunter').toString('hex'), '07 07 07 07']
    for (const text of texts) for (const secret of secrets) expect(text).not.to.contain(secret)
  })
})
