import { inspect } from 'node:util'
import { nameOf, type Stat, StatRecord } from '@zookit/client'
import { expect } from 'chai'
import type { NodeChange } from '../src/cache/table/cached-node.ts'
import { NodeMap } from '../src/cache/table/node-map.ts'
import { NodeTable } from '../src/cache/table/node-table.ts'
import { Records } from '../src/cache/table/records.ts'

/** Returns a Stat as that of a znode which was created by one transaction and last set by another. */
function stat(czxid: bigint, mzxid: bigint, dataLength = 0): Stat {
  const [ctime, mtime] = [1_790_000_000_000, 1_790_000_000_000 + Number(mzxid - czxid)]
  return new StatRecord(czxid, mzxid, ctime, mtime, Number(mzxid - czxid), 0, 0, 0n, dataLength, 0, czxid)
}

function tableOf(): { table: NodeTable; log: string[]; events: NodeChange[] } {
  const events: NodeChange[] = []
  const log: string[] = []
  const emit = (change: NodeChange): void => {
    events.push(change)
    log.push(`${change.type} ${change.path}`)
  }
  return { table: new NodeTable({ listeners: 1, emit }), log, events }
}

function pathsOf(table: NodeTable): string[] {
  return [...table.paths()].sort()
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
    expect(table.revision).to.equal(2)
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
    expect(table.childNames('/')).to.have.members(['a', 'd'])
    log.length = 0
    table.remove('/a')
    expect(log).to.deep.equal(['deleted /a/b/c', 'deleted /a/b', 'deleted /a'])
    expect(table.childNames('/')).to.deep.equal(['d'])
    expect(pathsOf(table)).to.deep.equal(['/', '/d'])
    table.put('/x/y', null, stat(1n, 1n))
    table.remove('/x')
    expect(log.at(-1)).to.equal('deleted /x/y')
  })

  it('keeps those children of a znode that are in a list, with their descendants', () => {
    const { table, log } = tableOf()
    for (const path of ['/p/a', '/p/b', '/p/b/c', '/p/d', '/p/no/x', '/q'])
      table.put(path, null, stat(1n, 1n))
    log.length = 0
    table.keepChildren('/p', ['a', 'b', 'new', 'd'])
    table.keepChildren('/elsewhere', [])
    expect(log).to.deep.equal([])
    table.keepChildren('/p', ['a', 'new', 'd'])
    expect(log).to.deep.equal(['deleted /p/b/c', 'deleted /p/b'])
    table.keepChildren('/p', ['no', 'd'])
    expect(log.slice(2)).to.deep.equal(['deleted /p/a'])
    table.keepChildren('/p', [])
    expect(pathsOf(table)).to.deep.equal(['/p/no/x', '/q'])
  })

  it('knows the children of a znode that is not in it, and not the znode', () => {
    const { table } = tableOf()
    table.put('/x/y/z', null, stat(1n, 1n))
    expect([
      table.has('/x/y'),
      table.get('/x/y'),
      table.mzxidOf('/x/y'),
      table.dataLengthOf('/x'),
    ]).to.deep.equal([false, undefined, undefined, undefined])
    expect(table.children('/x/y').map(({ path }) => path)).to.deep.equal(['/x/y/z'])
    expect([table.children('/x'), table.childNames('/x'), table.childNames('/no')]).to.deep.equal([
      [],
      [],
      [],
    ])
    expect([table.size, pathsOf(table)]).to.deep.equal([1, ['/x/y/z']])
    table.put('/x/y', Buffer.from('now'), stat(1n, 1n, 3))
    expect([table.dataLengthOf('/x/y'), pathsOf(table)]).to.deep.equal([3, ['/x/y', '/x/y/z']])
    table.remove('/x/y/z')
    expect([table.childNames('/x/y'), pathsOf(table)]).to.deep.equal([[], ['/x/y']])
  })

  it('makes an event of what was read and of what it had', () => {
    const { table, events } = tableOf()
    const [before, after] = [Buffer.from('before'), Buffer.from('after')]
    table.put('/a/b', before, stat(1n, 1n, 6))
    table.put('/a/b', after, stat(1n, 2n, 5))
    table.remove('/a/b')
    const old = { path: '/a/b', name: 'b', data: before, stat: stat(1n, 1n, 6) }
    const now = { path: '/a/b', name: 'b', data: after, stat: stat(1n, 2n, 5) }
    expect(events).to.deep.equal([
      { type: 'created', path: '/a/b', node: old },
      { type: 'changed', path: '/a/b', node: now, previous: old },
      { type: 'deleted', path: '/a/b', previous: now },
    ])
  })

  it('is not damaged by who changes the data that it gave or took, if they are short', () => {
    const { table } = tableOf()
    const data = Buffer.from('data')
    table.put('/a', data, stat(1n, 1n, 4))
    data.fill('x')
    table.get('/a')!.data!.fill('y')
    expect(String(table.get('/a')!.data)).to.equal('data')
  })

  it('keeps long data as the Buffer that was read, and forgets it with the znode', () => {
    const { table } = tableOf()
    const long = Buffer.alloc(5000, 'l')
    table.put('/a', long, stat(1n, 1n, 5000))
    expect(table.get('/a')!.data).to.equal(long)
    expect([table.get('/a')!.stat.dataLength, table.dataLengthOf('/a')]).to.deep.equal([5000, 5000])
    expect(table.memory).to.be.within(5000, 6000)
    table.put('/a', Buffer.from('short'), stat(1n, 2n, 5))
    expect(String(table.get('/a')!.data)).to.equal('short')
    expect(table.memory).to.be.lessThan(1000)
    table.put('/a', long, stat(1n, 3n, 5000))
    table.remove('/a')
    expect(table.memory).to.be.lessThan(1000)
    table.put('/b', null, stat(1n, 1n))
    expect(table.get('/b')!.data).to.equal(null)
  })

  it('has names of any length', () => {
    const { table } = tableOf()
    const names = ['x', '\u00e9', '\u4e2d'].flatMap(unit =>
      [1, 191, 192, 16_127, 16_128, 70_000].map(n => unit.repeat(n)),
    )
    for (const name of names) table.put(`/p/${name}`, Buffer.from('of it'), stat(1n, 1n, 5))
    for (const name of names) table.put(`/p/${name}`, Buffer.from('of it now'), stat(1n, 2n, 9))
    expect(table.childNames('/p').sort()).to.deep.equal(names.sort())
    for (const name of names) expect(String(table.get(`/p/${name}`)!.data)).to.equal('of it now')
    table.remove('/p')
    expect(table.memory).to.be.lessThan(512)
  })

  it('gives a Stat its form in JSON, as one that was read has it', () => {
    const { table } = tableOf()
    table.put('/a', null, stat(2n ** 60n, 2n ** 61n))
    const { czxid, mzxid } = JSON.parse(JSON.stringify(table.get('/a'))).stat
    expect([czxid, mzxid]).to.deep.equal([String(2n ** 60n), String(2n ** 61n)])
  })
})

describe('A record of a znode', () => {
  it('has its own name and no other, also where the hashes are the same', () => {
    const records = new Records()
    const names = [
      '',
      'a',
      'b',
      'aa',
      'ab',
      'é',
      '\u0100',
      '\u0200',
      '\u0100a',
      'a\u0100',
      '\ud83d',
      '\ude00',
      '😀',
    ]
    for (const one of names) {
      const address = records.create(`/${one}`, 1, one.length + 1, null)
      expect(records.name(address)).to.equal(one)
      for (const other of names) {
        expect(records.isNamed(address, `/x/${other}`, 3, 3 + other.length), `${one} ${other}`).to.equal(
          one === other,
        )
      }
    }
  })
})

describe("A cache's map", () => {
  function filled(prefix?: string): NodeMap {
    const { table } = tableOf()
    for (const path of ['/p/a', '/p/b', '/p/p']) table.put(path, Buffer.from(nameOf(path)), stat(1n, 1n, 1))
    return new NodeMap(table, prefix)
  }

  for (const [prefix, keys] of [
    [undefined, ['/p/a', '/p/b', '/p/p']],
    ['/p/', ['a', 'b', 'p']],
  ] as const) {
    it(`is a read-only Map by ${prefix === undefined ? 'path' : 'name'}`, () => {
      const map = filled(prefix)
      const copy = new Map(map)
      expect([map.size, [...copy.keys()].sort()]).to.deep.equal([3, keys])
      expect([...map])
        .to.deep.equal([...map.entries()])
        .and.deep.equal([...copy])
      expect([...map.keys()]).to.deep.equal([...copy.keys()])
      expect([...map.values()]).to.deep.equal([...copy.values()])
      for (const key of keys) {
        expect(map.has(key)).to.equal(true)
        expect(map.get(key))
          .to.deep.equal(copy.get(key))
          .and.include({ name: key.at(-1), path: `/p/${key.at(-1)}` })
      }
      const self = {}
      const told: unknown[] = []
      map.forEach(function (this: unknown, node, key, whole) {
        told.push([this === self, whole === map, key, node])
      }, self)
      expect(told).to.deep.equal([...copy].map(([key, node]) => [true, true, key, node]))
      expect(inspect(map)).to.equal(inspect(copy))
      expect(Object.prototype.toString.call(map)).to.equal('[object Map]')
    })
  }

  it('knows nothing by a key that is no path or name of its own, of whatever type', () => {
    for (const map of [filled(), filled('/p/')]) {
      for (const key of [
        '',
        '/',
        '/p',
        '/p/',
        '//p/a',
        '/p/a/',
        '/p//a',
        'p',
        '/q',
        'x',
        7,
        null,
        undefined,
        {},
        Symbol('a'),
      ]) {
        if (key === 'p' && map.has('a')) continue
        expect(map.has(key as string), String(key)).to.equal(false)
        expect(map.get(key as string), String(key)).to.equal(undefined)
      }
    }
  })

  it('gives an equal node each time, with properties of its own', () => {
    const map = filled()
    expect(map.get('/p/a')).to.deep.equal(map.get('/p/a'))
    expect(map.get('/p/a')).not.to.equal(map.get('/p/a'))
    expect(Object.keys(map.get('/p/a')!)).to.deep.equal(['path', 'name', 'data', 'stat'])
  })
})
