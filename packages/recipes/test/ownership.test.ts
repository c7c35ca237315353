import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ZooKeeper } from '@zookit/client'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'
import { type Lock, Mutex, OwnershipError, ReentrantMutex } from '../src/index.ts'
import { abortOf, Clock, failure, nextState, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/locks/job'
const FLAGS = await sourceFlags()

async function hold(zk: ZooKeeper, whenSuspended: 'lose' | 'keep' = 'lose'): Promise<Lock> {
  return new Mutex(zk, PATH, { whenSuspended, jitter: 0 }).acquire()
}

/** Ends a session at the server, and waits until its client has another one. */
async function expire(bed: TestBed, zk: ZooKeeper): Promise<void> {
  const gone = zk.session.id
  bed.server.expireSession(gone)
  await until('there is a new session', () => zk.state === 'connected' && zk.session.id !== gone)
}

async function reasonOf(signal: AbortSignal): Promise<string> {
  const reason = await abortOf(signal)
  expect(reason).to.be.instanceOf(OwnershipError)
  return (reason as OwnershipError).reason
}

describe('A lock that is held', () => {
  it('E4 is lost with its session, before there is a new one', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const events: string[] = []
    zk.on('state', state => events.push(`${state} ${signal.aborted}`))
    const lock = await hold(zk, 'keep')
    const { signal } = lock
    signal.addEventListener('abort', () => events.push(`lost: ${signal.reason.reason}`))
    bed.server.expireSession(zk.session.id)
    await until('there is a new session', () => events.some(event => event.startsWith('connected')))
    const lost = events.indexOf('lost: expired')
    expect(lost).to.be.within(0, events.indexOf('connecting true') - 1)
    expect(lock.held).to.equal(false)
    await lock.release()
  })

  it('is lost with the connection, stays lost with a new one, and its znode is deleted then', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await hold(zk)
    expect(lock.signal.aborted).to.equal(false)
    bed.server.dropConnections()
    expect(await reasonOf(lock.signal)).to.equal('suspended')
    await until('it is back', () => zk.state === 'connected')
    expect(lock.held).to.equal(false)
    await until('its znode is gone', () => bed.names(PATH).length === 0)
    await lock.release()
    expect(lock.held).to.equal(false)
  })

  it('outlasts the connection if it is kept, until the deadline of the session', async () => {
    await using bed = await TestBed.start()
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment })
    const lock = await hold(zk, 'keep')
    const noticed = nextState(zk)
    bed.server.dropConnections()
    expect(await noticed).to.equal('suspended')
    expect(lock.held).to.equal(true)
    await until('it is back', () => zk.state === 'connected')
    expect(lock.held).to.equal(true)
    await bed.server.refuseConnections(true)
    bed.server.dropConnections()
    await until('it has noticed', () => zk.state === 'suspended')
    clock.advance(59_000)
    expect(lock.held).to.equal(true)
    clock.advance(1001)
    expect(lock.held).to.equal(false)
    expect(lock.signal.reason).to.include({ code: 'OWNERSHIP_LOST', reason: 'deadline', path: lock.path })
    expect(zk.state).to.equal('suspended')
  })

  it('is lost at the deadline if nobody asks', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client({ sessionTimeout: 200 })
    const lock = await hold(zk, 'keep')
    bed.server.blackhole(true)
    expect(await reasonOf(lock.signal)).to.equal('deadline')
  })

  it('B5 is lost before any code runs that waited while the event loop was blocked', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client({ sessionTimeout: 200 })
    const lock = await hold(zk)
    const { signal } = lock
    const seen: [string, boolean][] = []
    const look = (who: string): void => void seen.push([who, lock.held && !lock.signal.aborted])
    const ping = zk.getData(lock.path).then(() => look('reply'))
    setTimeout(() => look('timer'), 1)
    setImmediate(() => look('immediate'))
    process.nextTick(() => look('tick'))
    void Promise.resolve().then(() => look('microtask'))
    const end = performance.now() + 300
    while (performance.now() < end);
    await ping.catch(() => {})
    await settle()
    expect(seen.filter(([, held]) => held)).to.deep.equal([])
    expect(seen.length).to.be.at.least(4)
    expect(signal.aborted).to.equal(true)
    expect(signal.reason.reason).to.be.oneOf(['deadline', 'suspended'])
  })

  it('B5 is lost by the clock alone: no event has to come first', async () => {
    await using bed = await TestBed.start()
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment })
    const lock = await hold(zk)
    expect(lock.held).to.equal(true)
    clock.advance(60_001)
    expect(lock.signal.aborted).to.equal(true)
    expect(lock.held).to.equal(false)
    expect(zk.state).to.equal('connected')
  })

  it('D1 does not depend on the time of day', async () => {
    await using bed = await TestBed.start()
    // Short enough for pings, and longer than a loaded machine may let the process stand.
    const zk = await bed.client({ sessionTimeout: 1000 })
    const lock = await hold(zk)
    const { now } = Date
    try {
      // A clock that is set forward may mean that the machine was suspended, until an answer proves otherwise.
      for (const hours of [1, -1, 0]) {
        Date.now = () => now() + hours * 3_600_000
        bed.server.clearRequests()
        await until('it has pinged', () => bed.server.requests().length > 1)
        await settle()
        expect(lock.held).to.equal(true)
      }
    } finally {
      Date.now = now
    }
    expect(lock.signal.aborted).to.equal(false)
  })

  it('D1 is lost first, and then the session, in a process that was stopped for twice the timeout', async () => {
    await using bed = await TestBed.start()
    const timeout = 400
    const { child, lines } = holderProcess(bed.server.hosts, timeout)
    try {
      await until('it holds the lock', () => lines.includes('holds'))
      child.kill('SIGSTOP')
      await until('its session has expired', () => bed.names(PATH).length === 0)
      const next = await hold(await bed.client())
      child.kill('SIGCONT')
      await until('it knows', () => lines.includes('state expired'))
      const lost = lines.findIndex(line => line.startsWith('lost'))
      expect(lost).to.be.within(1, lines.indexOf('state expired') - 1)
      expect(lines).not.to.include('woken held=true')
      expect(next.held).to.equal(true)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('is lost when somebody deletes its znode, if that is watched', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const lock = await new Mutex(zk, PATH, { revocable: true }).acquire()
    await until('its znode is watched', () => bed.server.watches().length === 1)
    await other.delete(lock.path)
    expect(await reasonOf(lock.signal)).to.equal('deleted')
  })

  it('is watched also when a read of its znode fails, whatever the error', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    for (const error of ['SYSTEM_ERROR', 'MARSHALLING_ERROR', 'CONNECTION_LOSS'] as const) {
      bed.server.answerWith('getData', error, 2)
      const lock = await new Mutex(zk, PATH, { revocable: true }).acquire()
      await until('its znode is watched', () => bed.server.watches().length === 1)
      await other.delete(lock.path)
      expect(await reasonOf(lock.signal)).to.equal('deleted')
    }
  })

  it('ends with its client', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await hold(zk, 'keep')
    const closing = zk.close()
    expect(await reasonOf(lock.signal)).to.equal('closed')
    await closing
    await lock.release()
  })

  it('ends when its client begins to close, however late the server answers', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const lock = await hold(zk, 'keep')
    const { signal } = lock
    bed.server.holdReplies()
    const closing = zk.close()
    expect([lock.held, signal.aborted]).to.deep.equal([false, true])
    expect(await reasonOf(signal)).to.equal('closed')
    bed.server.releaseReplies()
    await closing
  })

  it('ends with its release', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    let lock: Lock
    {
      await using held = await hold(zk)
      lock = held
      expect(lock.held).to.equal(true)
    }
    expect(lock.held).to.equal(false)
    expect(lock.signal.reason).to.include({ code: 'RELEASED', reason: 'released' })
  })

  it('is not granted on a session that is not certain', async () => {
    await using bed = await TestBed.start({ seed: { locks: { job: '' } } })
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment })
    bed.server.holdNextReply('getChildren2')
    const acquiring = hold(zk)
    await until('it has come', () => bed.names(PATH).length === 1)
    await settle()
    // Sent before, answered after a whole timeout: the answer tells nothing of now.
    clock.advance(60_001)
    bed.server.releaseReplies()
    const lock = await acquiring
    expect(lock.held).to.equal(true)
    expect(bed.operations().filter(name => name === 'getChildren2')).to.have.length(2)
  })
})

describe('A fencing token', () => {
  it('Z6 grows from holder to holder, also when the parent and its counter begin again', async () => {
    await using bed = await TestBed.start({ containerCheckInterval: 5 })
    const [zk, other] = [await bed.client(), await bed.client()]
    let last = 0n
    for (let round = 0; round < 3; round++) {
      for (const one of [zk, other]) {
        const lock = await hold(one)
        expect(lock.token > last, `${lock.token} after ${last}`).to.equal(true)
        last = lock.token
        await lock.release()
      }
      await until('the parent is reaped', () => !('/locks' in bed.server.dump()))
    }
  })

  it('keeps out a holder that was stopped and does not know that it has lost the lock', async () => {
    await using bed = await TestBed.start()
    const [paused, other] = [await bed.client(), await bed.client()]
    const register = new FencedRegister()
    const old = await hold(paused)
    register.write(old.token, 'first')
    bed.server.expireSession(paused.session.id)
    const lock = await hold(other)
    register.write(lock.token, 'second')
    expect(() => register.write(old.token, 'late')).to.throw(RangeError)
    expect(register.value).to.equal('second')
  })

  it('guards writes to ZooKeeper', async () => {
    await using bed = await TestBed.start({ seed: { value: '' } })
    const [paused, other] = [await bed.client(), await bed.client()]
    const old = await hold(paused)
    const write = (lock: Lock, zk: ZooKeeper, value: string) =>
      lock.guard(zk.transaction().setData('/value', value)).commit()
    const [stat, checked] = await write(old, paused, 'first')
    expect([stat.version, checked]).to.deep.equal([1, undefined])
    const gone = paused.session.id
    bed.server.expireSession(paused.session.id)
    const lock = await hold(other)
    await write(lock, other, 'second')
    await until('there is a new session', () => paused.state === 'connected' && paused.session.id !== gone)
    expect(await failure(write(old, paused, 'late'))).to.include({ code: 'NO_NODE', index: 1, type: 'check' })
    expect(bed.server.dump()['/value']).to.equal('second')
  })
})

describe('A lock that is entered again', () => {
  it('is not a Mutex: a second acquisition by the same Mutex waits', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const mutex = new Mutex(zk, PATH)
    const first = await mutex.acquire()
    expect(await mutex.tryAcquire()).to.equal(null)
    const second = mutex.acquire()
    await until('it waits', () => bed.server.watches().length === 1)
    await first.release()
    expect((await second).held).to.equal(true)
  })

  it('is released when all handles are, and entered without a request', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const outer = await new ReentrantMutex(zk, PATH).acquire()
    bed.server.clearRequests()
    const inner = outer.enter()
    const innermost = inner.enter()
    expect(innermost.token).to.equal(outer.token)
    await outer.release()
    await outer.release()
    expect([outer.held, inner.held, innermost.held]).to.deep.equal([false, true, true])
    expect(outer.signal.reason).to.include({ reason: 'released' })
    await innermost.release()
    expect(inner.held).to.equal(true)
    expect(bed.operations()).to.deep.equal([])
    await inner.release()
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('Z11 is refused after a loss, and through a handle that was released', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const mutex = new ReentrantMutex(zk, PATH, { jitter: 0 })
    const lock = await mutex.acquire()
    const inner = lock.enter()
    await inner.release()
    expect(() => inner.enter())
      .to.throw(OwnershipError)
      .with.property('reason', 'released')
    await expire(bed, zk)
    expect(() => lock.enter())
      .to.throw(OwnershipError)
      .with.property('reason', 'suspended')
    const again = await mutex.acquire()
    expect(() => lock.enter()).to.throw(OwnershipError)
    await lock.release()
    expect(again.held).to.equal(true)
    expect(bed.names(PATH)).to.have.length(1)
  })

  it('B5 is refused by the clock alone', async () => {
    await using bed = await TestBed.start()
    const clock = new Clock()
    const zk = await bed.client({ environment: clock.environment })
    const lock = await new ReentrantMutex(zk, PATH).acquire()
    clock.advance(60_001)
    expect(lock.held).to.equal(false)
    expect(() => lock.enter())
      .to.throw(OwnershipError)
      .with.property('reason', 'deadline')
  })
})

/** A resource outside ZooKeeper that refuses tokens lower than the highest it has seen. */
class FencedRegister {
  #highest = 0n
  value = ''

  write(token: bigint, value: string): void {
    if (token < this.#highest) throw new RangeError(`the token ${token} is older than ${this.#highest}`)
    this.#highest = token
    this.value = value
  }
}

function holderProcess(hosts: string, sessionTimeout: number): { child: ChildProcess; lines: string[] } {
  const script = fileURLToPath(new URL('./support/stopped-holder.ts', import.meta.url))
  const child = spawn(process.execPath, [...FLAGS, script, hosts, String(sessionTimeout)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout! }).on('line', line => lines.push(line))
  return { child, lines }
}
