import { type Stat, type ZooKeeper, ZooKeeperError } from '@zookit/client'
import { expect } from 'chai'
import { BulkVisits, type Visit } from '../src/cache/bulk-visits.ts'
import { type NodeChange, NodeTable } from '../src/cache/node-table.ts'
import { type ReadTask, ReadWindow } from '../src/cache/read-window.ts'
import { settle } from './support/test-bed.ts'

function stat(czxid: bigint, mzxid: bigint): Stat {
  return { czxid, mzxid } as Stat
}

function tableOf(): { table: NodeTable; log: string[] } {
  const log: string[] = []
  const tell = ({ type, path }: NodeChange): void => void log.push(`${type} ${path}`)
  return { table: new NodeTable(path => path, tell), log }
}

describe("A cache's table", () => {
  it('accepts no state that is older than its own', () => {
    const { table, log } = tableOf()
    table.put('/a', Buffer.from('new'), stat(5n, 9n))
    table.put('/a', Buffer.from('old'), stat(5n, 7n))
    table.put('/a', Buffer.from('same'), stat(5n, 9n))
    expect(String(table.get('/a')!.data)).to.equal('new')
    table.put('/a', Buffer.from('newer'), stat(5n, 10n))
    expect(log).to.deep.equal(['created /a', 'changed /a'])
  })

  it('keeps a znode that was created after the deletion', () => {
    const { table, log } = tableOf()
    table.put('/a', null, stat(5n, 9n))
    table.remove('/a', 4n)
    expect(log).to.deep.equal(['created /a'])
    table.remove('/a', 6n)
    table.remove('/a', 6n)
    table.remove('/a')
    expect(log).to.deep.equal(['created /a', 'deleted /a'])
  })

  it('removes a znode with its descendants, children first, and keeps nothing of them', () => {
    const { table, log } = tableOf()
    for (const path of ['/', '/a', '/a/b', '/a/b/c', '/d']) table.put(path, null, stat(1n, 1n))
    expect([...table.below('/').keys()]).to.have.members(['a', 'd'])
    log.length = 0
    table.remove('/a')
    expect(log).to.deep.equal(['deleted /a/b/c', 'deleted /a/b', 'deleted /a'])
    expect([...table.below('/').keys()]).to.deep.equal(['d'])
    expect([...table.nodes.keys()]).to.have.members(['/', '/d'])
    table.put('/x/y', null, stat(1n, 1n))
    table.remove('/x')
    expect(log.at(-1)).to.equal('deleted /x/y')
  })
})

/** Returns a window whose reads end when a test says so. */
function windowOf(size: number): { window: ReadWindow; begun: string[]; end(path: string): Promise<void> } {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const window = new ReadWindow(size, (tasks, onRead) => {
    for (const { path, node, list } of tasks) {
      begun.push(`${path} ${node}${list ? ' list' : ''}`)
      ends.set(path, () => onRead(path))
    }
  })
  const end = async (path: string): Promise<void> => {
    ends.get(path)!()
    await settle()
  }
  return { window, begun, end }
}

function task(path: string, more: Partial<ReadTask> = {}): ReadTask {
  return { path, node: 'read', list: false, epoch: 0, ...more }
}

describe("A cache's window of reads", () => {
  it('starts a read if there is room, and a backlog when half of what was read is answered', async () => {
    const { window, begun, end } = windowOf(4)
    for (const path of ['/a', '/b', '/c', '/d', '/e', '/f', '/g']) window.add(task(path))
    expect(begun).to.deep.equal(['/a read', '/b read', '/c read', '/d read'])
    await end('/a')
    expect(begun).to.have.length(4)
    await end('/c')
    expect(begun.slice(4)).to.deep.equal(['/e read', '/f read'])
    await end('/b')
    expect(begun).to.have.length(6)
    await end('/d')
    expect(begun.slice(6)).to.deep.equal(['/g read'])
    window.add(task('/h'))
    expect(begun.slice(7)).to.deep.equal(['/h read'])
  })

  it('reads a znode again when its read is answered, once for all requests', async () => {
    const { window, begun, end } = windowOf(2)
    window.add(task('/a', { node: 'verify', epoch: 1 }))
    window.add(task('/a'))
    window.add(task('/a', { node: 'none', list: true }))
    window.add(task('/a', { node: 'verify', epoch: 2 }))
    window.add(task('/a', { epoch: 2 }))
    expect(begun).to.deep.equal(['/a verify'])
    await end('/a')
    expect(begun.slice(1)).to.deep.equal(['/a read list'])
    await end('/a')
    expect(begun).to.have.length(2)
  })

  it('forgets the waiting reads when it is cleared', async () => {
    const { window, begun, end } = windowOf(1)
    for (const path of ['/a', '/a', '/b']) window.add(task(path))
    window.clear()
    await end('/a')
    expect(begun).to.have.length(1)
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
  const visits = new BulkVisits(zk as unknown as ZooKeeper, true, () => known)
  const taken = new Map<string, Visit>()
  void visits.read(tasks, ({ path }, visit) => taken.set(path, visit))
  const answer = async (value: unknown): Promise<Map<string, Visit>> => {
    settleRead(value)
    await settle()
    return taken
  }
  return { visits, asked, answer }
}

describe('A bulk read of a cache', () => {
  const found = { data: Buffer.from('x'), stat: stat(1n, 1n) }

  it('says nothing about a znode of which an event came meanwhile, nor about its parent', async () => {
    const { visits, answer } = visitsOf([task('/a'), task('/a/b'), task('/c'), task('/d')])
    visits.onEvent('/a/b')
    visits.onEvent('/c')
    visits.onEvent('/elsewhere')
    expect([...(await answer([found, found, null, found]))]).to.deep.equal([
      ['/a', 'alone'],
      ['/a/b', 'alone'],
      ['/c', 'alone'],
      ['/d', found],
    ])
  })

  it('forgets the events of the last one', async () => {
    const first = visitsOf([task('/a'), task('/b')])
    first.visits.onEvent('/a')
    await first.answer([found, found])
    const again = new Map<string, Visit>()
    void first.visits.read([task('/a'), task('/b')], ({ path }, visit) => again.set(path, visit))
    await first.answer([found, null])
    expect(again.get('/a')).to.equal(found)
    expect(again.get('/b')).to.deep.equal({ data: null, stat: null })
  })

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
