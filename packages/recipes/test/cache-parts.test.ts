import { type Stat, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { BulkVisits, type Visit } from '../src/cache/bulk-visits.ts'
import { LIST, NODE, type ReadTask, WHOLE } from '../src/cache/read-task.ts'
import { Reads, type ZnodeReads } from '../src/cache/reads.ts'
import { settle } from './support/test-bed.ts'

function stat(czxid: bigint, mzxid: bigint): Stat {
  return { czxid, mzxid } as Stat
}

/** Returns reads that end when a test says so. */
function readsOf(size: number) {
  const begun: string[] = []
  const underWay = new Map<string, ZnodeReads>()
  const reads = new Reads(size, started => {
    for (const read of started) {
      begun.push(`${read.path} ${read.node}${read.list ? ' list' : ''}`)
      underWay.set(read.path, read)
    }
  })
  const add = (path: string, more: Partial<ReadTask> = {}, isOwed = false): void =>
    reads.add(task(path, more), isOwed)
  const end = (path: string): void => reads.done(underWay.get(path)!)
  return { reads, begun, underWay, add, end }
}

function task(path: string, more: Partial<ReadTask> = {}): ReadTask {
  return { path, node: 'read', list: false, epoch: 0, knownLength: -1, ...more }
}

describe("A cache's reads", () => {
  it('start if there is room, and a backlog when half of what was read is answered', () => {
    const { begun, add, end } = readsOf(4)
    for (const path of ['/a', '/b', '/c', '/d', '/e', '/f', '/g']) add(path)
    expect(begun).to.deep.equal(['/a read', '/b read', '/c read', '/d read'])
    end('/a')
    expect(begun).to.have.length(4)
    end('/c')
    expect(begun.slice(4)).to.deep.equal(['/e read', '/f read'])
    end('/b')
    expect(begun).to.have.length(6)
    end('/d')
    expect(begun.slice(6)).to.deep.equal(['/g read'])
    add('/h')
    expect(begun.slice(7)).to.deep.equal(['/h read'])
  })

  it('read a znode again when its read is answered, once for all requests', () => {
    const { begun, add, end } = readsOf(2)
    add('/a', { node: 'verify', epoch: 1 })
    add('/a')
    add('/a', { node: 'none', list: true })
    add('/a', { node: 'verify', epoch: 2 })
    add('/a', { epoch: 2 })
    expect(begun).to.deep.equal(['/a verify'])
    end('/a')
    expect(begun.slice(1)).to.deep.equal(['/a read list'])
    end('/a')
    expect(begun).to.have.length(2)
  })

  it('forget what waits when they are cleared, and know what is under way', () => {
    const { reads, begun, underWay, add, end } = readsOf(1)
    for (const path of ['/a', '/a', '/b']) add(path, {}, true)
    reads.clear()
    expect(reads.isBehind).to.equal(false)
    expect([reads.isReading('/a'), reads.isReading('/b')]).to.deep.equal([true, false])
    add('/a', { list: true }, true)
    expect(begun).to.have.length(1)
    expect(reads.settled(underWay.get('/a')!)).to.equal(true)
    end('/a')
    expect(begun).to.deep.equal(['/a read', '/a read list'])
  })

  it('are behind until each part has an answer, and what follows it has one', () => {
    const { reads, underWay, add, end } = readsOf(2)
    add('/a', { list: true })
    const read = underWay.get('/a')!
    reads.answered(read, NODE)
    reads.answered(read, NODE)
    expect(reads.isBehind).to.equal(true)
    add('/a', { node: 'none', list: true })
    reads.answered('/a', LIST)
    expect(reads.isBehind).to.equal(true)
    end('/a')
    reads.answered('/elsewhere', WHOLE)
    expect(reads.isBehind).to.equal(true)
    reads.answered('/a', LIST)
    expect(reads.isBehind).to.equal(false)
    end('/a')
    add('/b')
    add('/b')
    reads.known('/b')
    expect(reads.isBehind).to.equal(false)
  })

  it('tell when the last one is done that a synchronisation waits for', () => {
    const { reads, underWay, add, end } = readsOf(3)
    for (const path of ['/a', '/b']) add(path, {}, true)
    add('/c')
    const settled = (path: string) => reads.settled(underWay.get(path)!)
    expect([settled('/c'), settled('/a'), settled('/a'), settled('/b'), settled('/b')]).to.deep.equal([
      false,
      false,
      false,
      true,
      false,
    ])
    for (const path of ['/a', '/b', '/c']) end(path)
    expect(reads.isBehind).to.equal(true)
  })

  it('are overtaken by an event of their znode or of one right below it, until they begin again', () => {
    const { reads, underWay, add, end } = readsOf(5)
    reads.overtake('/a')
    for (const path of ['/a', '/a/b', '/c', '/d']) add(path)
    const overtaken = () => [...underWay.values()].filter(read => read.isOvertaken).map(({ path }) => path)
    for (const path of ['/a/b', '/c/x/y', '/elsewhere/x']) reads.overtake(path)
    expect(overtaken()).to.deep.equal(['/a', '/a/b'])
    add('/a')
    end('/a')
    reads.overtake('/c')
    expect(overtaken()).to.deep.equal(['/a/b', '/c'])
  })

  it('forget znodes while others are being read', () => {
    const { reads, begun, underWay, add, end } = readsOf(10_000)
    const paths = Array.from({ length: 5000 }, (_, i) => `/${i}`)
    for (const path of paths) add(path, {}, true)
    for (const path of paths.slice(1)) {
      reads.answered(path, WHOLE)
      expect(reads.settled(underWay.get(path)!)).to.equal(false)
      end(path)
    }
    expect([reads.isReading('/0'), reads.isReading('/1'), reads.isBehind]).to.deep.equal([true, false, true])
    for (const path of ['/1', '/4999']) add(path)
    expect(begun).to.have.length(5002)
    for (const path of ['/0', '/1', '/4999']) reads.answered(path, WHOLE)
    expect([reads.isBehind, reads.settled(underWay.get('/0')!)]).to.deep.equal([false, true])
  })

  it('are made again after a failure without being asked for anew', () => {
    const { reads, begun, underWay, add, end } = readsOf(1)
    add('/a', { list: true })
    reads.answered(underWay.get('/a')!, WHOLE)
    end('/a')
    reads.repeat(task('/a'))
    expect(begun).to.deep.equal(['/a read list', '/a read'])
    expect(reads.isBehind).to.equal(false)
  })
})

/** Reads znodes with a client whose answers a test gives. */
function visitsOf(tasks: readonly ReadTask[], known: Stat | undefined = undefined) {
  const asked: string[] = []
  let settleRead = (_: unknown): void => {}
  const reading = (what: string) => (paths: readonly string[]) => {
    asked.push(`${what} ${paths.join(' ')}`)
    return new Promise((resolve, reject) => {
      settleRead = value => (value instanceof Error ? reject(value) : resolve(value))
    })
  }
  const zk = { existsMany: reading('existsMany'), getMany: reading('getMany') }
  const visits = new BulkVisits(zk as unknown as ZooKeeper, true, {
    mzxidOf: () => known?.mzxid,
  })
  const taken = new Map<string, Visit>()
  visits.read(tasks, ({ path }, visit) => taken.set(path, visit))
  const answer = async (value: unknown): Promise<Map<string, Visit>> => {
    settleRead(value)
    await settle()
    return taken
  }
  return { asked, answer }
}

describe('A bulk read of a cache', () => {
  const found = { data: Buffer.from('x'), stat: stat(1n, 1n) }

  it('reads the data of those znodes alone that have changed', async () => {
    const verify = (path: string) => task(path, { node: 'verify' })
    const { asked, answer } = visitsOf([verify('/same'), verify('/changed'), verify('/gone')], stat(1n, 5n))
    await answer([stat(1n, 5n), stat(1n, 6n), null])
    const taken = await answer([found])
    expect(asked).to.deep.equal(['existsMany /same /changed /gone', 'getMany /changed'])
    expect(taken.get('/same')).to.deep.equal({ data: null, stat: stat(1n, 5n) })
    expect(taken.get('/changed')).to.equal(found)
    expect(taken.get('/gone')).to.deep.equal({ data: null, stat: null })
  })

  it('leaves each znode to a read of its own after an error, unless the connection was lost', async () => {
    for (const [code, visit] of [
      ['NO_AUTH', 'alone'],
      ['CONNECTION_LOSS', 'cut'],
    ] as const) {
      const { answer } = visitsOf([task('/a'), task('/b')])
      const taken = await answer(new ZooKeeperError(code, { operation: 'getMany' }))
      expect([...taken.values()]).to.deep.equal([visit, visit])
    }
  })
})
