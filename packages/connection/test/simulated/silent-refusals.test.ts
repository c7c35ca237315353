import { AddWatchMode, op } from '@zookit/jute'
import { expect } from 'chai'
import type { ServerAddress, WatchEvent } from '../../src/index.ts'
import { outcomeOf, type Peer, Subject } from '../support/simulation.ts'

/** The requests that the servers of a test do not know. */
const UNKNOWN: readonly number[] = [op.addWatch.code, op.setWatches2.code]

/** Serves a connection as a server that closes it over each of these opcodes, without an answer. */
function closeOver(codes: readonly number[]): (peer: Peer) => void {
  return peer => {
    peer.accept()
    peer.onFrame = ({ code }) => {
      if (codes.includes(code)) setImmediate(() => peer.close())
      return codes.includes(code)
    }
    peer.onRequest = ({ xid, code }) => {
      if (code === op.getData.code) peer.replyData(xid, 'x')
      else if (code === op.addWatch.code || code === op.getChildren.code) return false
      return true
    }
  }
}

/** Serves a connection as a server that answers its first addWatch with UNIMPLEMENTED, and closes it after a while. */
function answerAndClose(peer: Peer): void {
  peer.accept()
  peer.onRequest = ({ xid, code }) => {
    if (code === op.addWatch.code && peer.requests.length === 1) {
      peer.reply(xid, -6)
      setImmediate(() => setImmediate(() => setImmediate(() => peer.close())))
    } else if (code === op.getData.code) peer.replyData(xid, 'x')
    return true
  }
}

/** Serves a connection as a server that knows every operation, and answers those of this test. */
function answerAll(peer: Peer): void {
  peer.accept()
  peer.onRequest = ({ xid, code }) => {
    if (code === op.getData.code) peer.replyData(xid, 'x')
    else peer.reply(xid, 0, writer => void writer.int(0))
    return true
  }
}

/** Asks for a persistent watch on every connection until it stands or is refused permanently, as a client does. */
async function insist(subject: Subject, path: string, watcher: (event: WatchEvent) => void = () => {}) {
  const body = { path, mode: AddWatchMode.persistent }
  for (let losses = 0; ; losses++) {
    const result = await outcomeOf(subject.session.request(op.addWatch, body, { watcher }))
    if ((result as { code?: string } | null)?.code !== 'CONNECTION_LOSS') return { losses, result }
  }
}

async function subjectOf(onConnect: (peer: Peer) => void, servers?: ServerAddress[]): Promise<Subject> {
  const subject = new Subject(servers === undefined ? {} : { servers })
  subject.world.onConnect = onConnect
  return subject.connected()
}

describe('A server that closes the connection over an operation it does not know', () => {
  it('U2 costs a persistent watch three connections, and the session nothing more', async () => {
    const subject = await subjectOf(closeOver(UNKNOWN))
    const insisting = insist(subject, '/w')
    await subject.world.advance(5000)
    const { losses, result } = await insisting
    expect(losses).to.equal(2)
    expect(result).to.include({
      code: 'UNIMPLEMENTED',
      operation: 'addWatch',
      path: '/w',
      outcome: 'rejected',
    })
    expect((result as Error).message)
      .to.include('the server a:1 closed the connection 3 times')
      .and.include('since 3.6')
      .and.include('update the server')
    await subject.world.advance(60_000)
    expect(subject.world.peers).to.have.lengthOf(4)
    expect(await subject.getData()).to.have.property('data')
  })

  it('U2 costs the watches behind that one no connection more', async () => {
    const subject = await subjectOf(closeOver(UNKNOWN))
    const all = Promise.all(['/a', '/b', '/c'].map(path => insist(subject, path)))
    await subject.world.advance(5000)
    for (const { losses, result } of await all) {
      expect(losses).to.equal(2)
      expect(result).to.include({ code: 'UNIMPLEMENTED' })
    }
    expect(subject.world.peers).to.have.lengthOf(4)
  })

  it('U2 costs one connection for all watches, if it answers before that', async () => {
    const subject = await subjectOf(answerAndClose)
    const all = Promise.all(['/a', '/b', '/c'].map(path => insist(subject, path)))
    await subject.world.advance(5000)
    for (const { losses, result } of await all) {
      expect(losses).to.equal(0)
      expect(result).to.include({ code: 'UNIMPLEMENTED', operation: 'addWatch', outcome: 'rejected' })
    }
    expect(subject.world.peers).to.have.lengthOf(2)
    expect(await subject.getData()).to.have.property('data')
  })

  it('U2 costs the watches that wait behind a small window no connection more', async () => {
    for (const [how, onConnect, peers] of [
      ['silence', closeOver(UNKNOWN), 4],
      ['answer', answerAndClose, 2],
    ] as const) {
      const subject = new Subject({ maxInFlight: 1 })
      subject.world.onConnect = onConnect
      await subject.connected()
      const paths = Array.from({ length: 20 }, (_, index) => `/${index}`)
      const all = Promise.all(paths.map(path => insist(subject, path)))
      await subject.world.advance(5000)
      for (const [index, { result }] of (await all).entries()) {
        expect(result, how).to.include({ code: 'UNIMPLEMENTED', operation: 'addWatch', path: `/${index}` })
      }
      const outcomes = (await all).map(({ result }) => (result as { outcome: string }).outcome)
      expect(outcomes, how).to.include('rejected')
      expect(outcomes.filter(outcome => outcome === 'not-sent').length, how).to.be.at.least(18)
      expect(subject.world.peers, how).to.have.lengthOf(peers)
      expect(await subject.getData(), how).to.have.property('data')
    }
  })

  it('U2 is asked once again for the next watch, and believed when it answers', async () => {
    const subject = await subjectOf(closeOver(UNKNOWN))
    const first = insist(subject, '/a')
    await subject.world.advance(5000)
    await first
    const second = insist(subject, '/b')
    await subject.world.advance(5000)
    expect(await second).to.deep.include({ losses: 0 })
    subject.world.onConnect = answerAll
    subject.world.peer.close()
    await subject.world.advance(5000)
    expect(await insist(subject, '/c')).to.deep.equal({ losses: 0, result: { err: 0 } })
    // It starts to count again.
    subject.world.onConnect = closeOver([op.addWatch.code])
    subject.world.peer.close()
    await subject.world.advance(5000)
    const third = insist(subject, '/d')
    await subject.world.advance(5000)
    expect(await third).to.deep.include({ losses: 2 })
  })

  it('U2 is not blamed while another request was older, also after it was blamed once', async () => {
    const subject = await subjectOf(closeOver(UNKNOWN))
    const first = insist(subject, '/a')
    await subject.world.advance(5000)
    await first
    subject.world.onConnect = peer => {
      peer.accept()
      peer.onFrame = ({ code }) => {
        if (code === op.addWatch.code) setImmediate(() => peer.close())
        return true
      }
    }
    subject.world.peer.close()
    await subject.world.advance(5000)
    const results: unknown[] = []
    for (let round = 0; round < 5; round++) {
      const before = outcomeOf(subject.getData())
      const body = { path: '/w', mode: AddWatchMode.persistent }
      const asked = outcomeOf(subject.session.request(op.addWatch, body, { watcher: () => {} }))
      await subject.world.advance(2000)
      await before
      results.push(((await asked) as { code: string }).code)
    }
    expect(results).to.deep.equal(Array(5).fill('CONNECTION_LOSS'))
  })

  it('U2 keeps the one-shot watches of a session whose persistent ones it does not set again', async () => {
    const subject = await subjectOf(answerAll)
    const events: WatchEvent[] = []
    const watcher = (event: WatchEvent): void => void events.push(event)
    await insist(subject, '/lasting', watcher)
    await subject.session.request(op.getData, { path: '/once', watch: true }, { watcher })
    subject.world.onConnect = closeOver(UNKNOWN)
    subject.world.peer.close()
    await subject.world.advance(10_000)
    expect(events.map(({ type, path }) => `${type} ${path}`)).to.deep.equal(['lost /lasting'])
    const { error } = events[0] as { error: Error }
    expect(error).to.include({ code: 'UNIMPLEMENTED', operation: 'setWatches2', path: '/lasting' })
    expect(error.message).to.include('the server a:1 closed the connection 3 times')
    expect(subject.session.state).to.equal('connected')
    expect(subject.session.watches.has(['data'], '/once')).to.equal(true)
    expect(subject.world.peer.codes).to.include(op.setWatches.code)
    expect(subject.world.peers).to.have.lengthOf(5)
    expect(await subject.getData()).to.have.property('data')
  })

  it('U2 that sets no watches at all again leaves a session without them', async () => {
    const subject = await subjectOf(answerAll)
    const events: WatchEvent[] = []
    const watcher = (event: WatchEvent): void => void events.push(event)
    await subject.session.request(op.getData, { path: '/once', watch: true }, { watcher })
    subject.world.onConnect = closeOver([op.setWatches.code])
    subject.world.peer.close()
    await subject.world.advance(10_000)
    expect(events).to.have.lengthOf(1)
    expect(events[0]).to.deep.include({ type: 'lost', path: '/once' })
    const { error } = events[0] as { error: Error }
    expect(error).to.include({ code: 'CONNECTION_LOSS', operation: 'setWatches', path: '/once' })
    expect(error.message).to.include('jute.maxbuffer')
    expect(subject.session.state).to.equal('connected')
  })

  for (const how of ['at another frame each time', 'by the fault of the network'] as const) {
    it(`U2 loses no watch when connections break ${how}`, async () => {
      const subject = await subjectOf(answerAll)
      const events: WatchEvent[] = []
      const watcher = (event: WatchEvent): void => void events.push(event)
      // Each path fills more than half of a frame.
      const paths = ['a', 'b', 'c'].map(letter => `/${letter.repeat(70_000)}`)
      for (const path of paths) await subject.session.request(op.getData, { path, watch: true }, { watcher })
      let rounds = 0
      subject.world.onConnect = peer => {
        answerAll(peer)
        const isNetwork = how === 'by the fault of the network'
        let left = isNetwork ? 0 : rounds++ % 2
        peer.onFrame = () => {
          if (left-- > 0) return false
          setImmediate(() => peer.close(isNetwork ? new Error('read ETIMEDOUT') : null))
          return true
        }
      }
      subject.world.peer.close()
      await subject.world.advance(30_000)
      expect(subject.world.peers.length).to.be.above(6)
      expect(events).to.deep.equal([])
    })
  }

  it('U2 keeps every watch where another server of the list knows the operation', async () => {
    const servers = [
      { host: 'old', port: 1 },
      { host: 'new', port: 1 },
    ]
    const subject = await subjectOf(answerAll, servers)
    const events: WatchEvent[] = []
    await insist(subject, '/w', event => events.push(event))
    subject.world.onConnect = peer => {
      if (peer.target.host === 'old') closeOver(UNKNOWN)(peer)
      else answerAll(peer)
    }
    for (let round = 0; round < 5; round++) {
      subject.world.peer.close()
      await subject.world.advance(5000)
    }
    expect(new Set(events.map(({ type }) => type))).to.deep.equal(new Set(['resync']))
    expect(subject.session.watches.size).to.equal(1)
  })
})
