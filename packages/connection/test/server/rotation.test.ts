import { expect } from 'chai'
import type { ServerAddress } from '../../src/link/server-address.ts'
import { ServerRotation } from '../../src/servers/server-rotation.ts'

/** Returns one address per letter: `a` is a:2181. */
function servers(letters: string): ServerAddress[] {
  return [...letters].map(host => ({ host, port: 2181 }))
}

function only(letter: string): ServerAddress {
  return { host: letter, port: 2181 }
}

/** mulberry32: the same numbers on every run. */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function inOrder(letters: string): ServerRotation {
  return new ServerRotation(servers(letters), { random: () => 0, shuffle: false })
}

/** Returns the next attempts, such as `a b c! a`, where `!` marks that a full cycle was tried before. */
function attempts(list: ServerRotation, count: number): string {
  return Array.from({ length: count }, () => {
    const { server, wrapped } = list.next()
    return wrapped ? `${server.host}!` : server.host
  }).join(' ')
}

function letters(list: readonly ServerAddress[]): string {
  return list.map(server => server.host).join('')
}

describe('A rotation of servers', () => {
  it('is tried round robin, and says when all of it has been tried', () => {
    expect(attempts(inOrder('abc'), 8)).to.equal('a b c a! b c a! b')
  })

  it('goes on behind the server that was connected, which ends the cycle', () => {
    const list = inOrder('abc')
    attempts(list, 2)
    list.connected(only('b'))
    expect(attempts(list, 6)).to.equal('c a b! c a b!')
  })

  it('says at once that its only server has been tried, once that was connected', () => {
    const list = inOrder('a')
    expect(attempts(list, 2)).to.equal('a a!')
    list.connected(only('a'))
    expect(attempts(list, 2)).to.equal('a! a!')
  })

  it('goes to a preferred server first, once, and on from there', () => {
    const list = inOrder('abcd')
    attempts(list, 4)
    list.prefer(only('c'))
    expect(attempts(list, 3)).to.equal('c d! a')
  })

  it('ignores the preference for a server that it does not have', () => {
    const list = inOrder('ab')
    list.prefer(only('x'))
    expect(attempts(list, 2)).to.equal('a b')
  })

  it('forgets a preference once some server is connected, and when the list changes', () => {
    const list = inOrder('abc')
    list.prefer(only('c'))
    list.connected(only('a'))
    expect(attempts(list, 1)).to.equal('b')
    list.prefer(only('c'))
    list.connected(only('a'))
    list.prefer(only('c'))
    list.update(servers('abc'), only('a'))
    expect(attempts(list, 1)).to.equal('b')
  })

  it('counts a server once that is named twice, in upper or lower case', () => {
    const list = new ServerRotation([...servers('aba'), only('B'), { host: 'a', port: 2182 }], {
      random: () => 0,
      shuffle: false,
    })
    expect(list.size).to.equal(3)
    expect(list.servers.map(server => server.port)).to.deep.equal([2181, 2181, 2182])
  })

  it('needs at least one server', () => {
    expect(() => inOrder('')).to.throw(TypeError, /at least one/)
    const list = inOrder('abc')
    list.connected(only('a'))
    list.update(servers('bcd'), only('a'))
    expect(() => list.update([], null)).to.throw(TypeError, /at least one/)
    expect(attempts(list, 3)).to.equal('d b c')
  })

  it('is shuffled once: each order is equally likely, and kept', () => {
    const random = seeded(1)
    const counts = new Map<string, number>()
    for (let i = 0; i < 12_000; i++) {
      const list = new ServerRotation(servers('abc'), { random })
      const order = letters(list.servers)
      counts.set(order, (counts.get(order) ?? 0) + 1)
      const round = attempts(list, 6).replaceAll(/[ !]/g, '')
      expect(round).to.equal(order + order)
    }
    expect(counts.size).to.equal(6)
    expectEven([...counts.values()])
  })
})

describe('A change of the list of servers', () => {
  it('tries each added server once, then each kept one, then goes round', () => {
    const list = new ServerRotation(servers('abcd'), { random: seeded(2) })
    list.connected(only('a'))
    expect(list.update(servers('cdefgh'), only('a'))).to.equal(true)
    const drawn = attempts(list, 6).replaceAll(' ', '')
    expect([...drawn.slice(0, 4)].sort().join('')).to.equal('efgh')
    expect([...drawn.slice(4)].sort().join('')).to.equal('cd')
    const round = attempts(list, 7).split(' ')
    expect(round[0]).to.match(/!$/)
    expect(new Set(round.map(name => name[0])).size).to.equal(6)
    expect(round[6]).to.equal(round[0])
  })

  it('ends a move once a server is connected', () => {
    const list = inOrder('abc')
    list.connected(only('a'))
    list.update(servers('dbec'), only('a'))
    expect(attempts(list, 1)).to.equal('d')
    list.connected(only('d'))
    expect(attempts(list, 4)).to.equal('b e c d!')
  })

  it('leaves the round where it was if the client need not move', () => {
    const list = inOrder('abcd')
    list.connected(only('b'))
    expect(list.update(servers('dbc'), only('b'))).to.equal(false)
    expect(attempts(list, 4)).to.equal('c d b! c')
  })

  it('gives every server its turn again if the client, not connected, need not move', () => {
    const list = inOrder('abc')
    attempts(list, 2)
    expect(list.update(servers('abd'), null)).to.equal(false)
    expect(attempts(list, 3)).to.equal('d a b!')
    attempts(list, 1)
    expect(list.update(servers('abc'), null)).to.equal(false)
    expect(attempts(list, 4)).to.equal('a b c a!')
  })

  it('goes round from the server drawn last once a move has failed', () => {
    const list = inOrder('abc')
    list.connected(only('a'))
    expect(list.update(servers('bcde'), only('a'))).to.equal(true)
    expect(attempts(list, 6)).to.equal('d e b c d! e')
    expect(list.update(servers('bcdf'), null)).to.equal(false)
  })

  it('tells servers apart by port, and not by upper and lower case', () => {
    const list = inOrder('abc')
    list.connected(only('B'))
    expect(attempts(list, 1)).to.equal('c')
    expect(list.update(servers('abc'), only('B'))).to.equal(false)
    expect(list.update(servers('abc'), { host: 'b', port: 2182 })).to.equal(true)
  })

  it('takes a client without a connection for one of the server it had last, else of the first', () => {
    const fresh = inOrder('abc')
    expect(fresh.update(servers('abx'), null)).to.equal(false)
    expect(inOrder('abc').update(servers('bcx'), null)).to.equal(true)
    const lost = inOrder('abc')
    lost.connected(only('c'))
    expect(lost.update(servers('bcx'), null)).to.equal(false)
    lost.connected(only('c'))
    expect(lost.update(servers('bx'), null)).to.equal(true)
  })

  it('takes a client that was told to move for one of the server it is moving to', () => {
    const list = inOrder('abc')
    list.connected(only('a'))
    expect(list.update(servers('bcd'), only('a'))).to.equal(true)
    expect(attempts(list, 1)).to.equal('d')
    expect(list.update(servers('cde'), only('d'))).to.equal(false)
    list.connected(only('d'))
    expect(attempts(list, 3)).to.equal('e c d!')
  })

  it('has a client that has not moved yet go where it would have gone, if that server stays', () => {
    const list = inOrder('abc')
    list.connected(only('a'))
    expect(list.update(servers('bcd'), only('a'))).to.equal(true)
    expect(list.update(servers('acd'), only('a'))).to.equal(true)
    expect(attempts(list, 3)).to.equal('d a c')
    const waiting = inOrder('abc')
    waiting.connected(only('a'))
    expect(waiting.update(servers('bcd'), null)).to.equal(true)
    expect(waiting.update(servers('acd'), null)).to.equal(false)
    expect(attempts(waiting, 1)).to.equal('d')
  })

  it('survives a current server that neither list has', () => {
    const list = inOrder('ab')
    expect(list.update(servers('ab'), only('x'))).to.equal(true)
    expect(attempts(list, 3)).to.equal('a b a!')
  })
})

const TRIALS = 10_000

/** The 99.9 % points of chi-square for 1, 2, ... degrees of freedom. */
const CRITICAL = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12]

function expectDistribution(counts: number[], shares: number[]): void {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const chiSquare = counts.reduce((sum, count, i) => {
    const expected = total * shares[i]!
    return sum + (count - expected) ** 2 / expected
  }, 0)
  expect(chiSquare, `${counts} for ${shares}`).to.be.lessThan(CRITICAL[counts.length - 2]!)
}

function expectEven(counts: number[]): void {
  expectDistribution(
    counts,
    counts.map(() => 1 / counts.length),
  )
}

/** Returns the servers to which clients of `mine` move when the list changes: by letter, `-` for clients that stay. */
function migrate(before: string, after: string, mine: (trial: number) => string): Record<string, number> {
  const random = seeded(0x5eed)
  const counts: Record<string, number> = Object.fromEntries([...after, '-'].map(letter => [letter, 0]))
  for (let trial = 0; trial < TRIALS; trial++) {
    const list = new ServerRotation(servers(before), { random })
    const current = only(mine(trial))
    list.connected(current)
    const moves = list.update(servers(after), current)
    counts[moves ? list.next().server.host : '-']! += 1
  }
  return counts
}

function tally(counts: Record<string, number>, names: string): number[] {
  return [...names].map(name => counts[name]!)
}

describe('R8 A change of the list of servers moves clients at the rate that keeps the load even', () => {
  it('R8 grew, mine kept: moves with 1 - s/n, to each added server alike', () => {
    const counts = migrate('abc', 'abcde', () => 'a')
    expectDistribution(tally(counts, '-de'), [3 / 5, 1 / 5, 1 / 5])
    expect(tally(counts, 'abc')).to.deep.equal([0, 0, 0])
  })

  it('R8 grew, mine kept, others replaced: moves with 1 - s/n too', () => {
    const counts = migrate('abc', 'adef', () => 'a')
    expectDistribution(tally(counts, '-def'), [3 / 4, 1 / 12, 1 / 12, 1 / 12])
    expect(counts.a).to.equal(0)
  })

  it('R8 grew, mine gone: always moves, to each added server alike', () => {
    const counts = migrate('abc', 'bcdef', () => 'a')
    expectEven(tally(counts, 'def'))
    expect(tally(counts, 'bc-')).to.deep.equal([0, 0, 0])
  })

  it('R8 same size or shrunk, mine kept: always stays', () => {
    expect(migrate('abc', 'ade', () => 'a')['-']).to.equal(TRIALS)
    expect(migrate('abcd', 'ab', () => 'a')['-']).to.equal(TRIALS)
  })

  it('R8 same size, mine gone: always moves, to each added server alike', () => {
    const counts = migrate('abcd', 'cdef', () => 'a')
    expectEven(tally(counts, 'ef'))
    expect(tally(counts, 'cd-')).to.deep.equal([0, 0, 0])
  })

  it('R8 shrunk, mine gone: moves to kept servers with kept * (s - n) / (n * (s - kept))', () => {
    const counts = migrate('abcde', 'abf', () => 'e')
    expectDistribution(tally(counts, 'abf'), [2 / 9, 2 / 9, 5 / 9])
    expect(counts['-']).to.equal(0)
  })

  it('R8 shrunk to kept servers alone, mine gone: moves to each alike', () => {
    const counts = migrate('abcde', 'abc', () => 'e')
    expectEven(tally(counts, 'abc'))
    expect(counts['-']).to.equal(0)
  })

  for (const [before, after] of [
    ['abc', 'abcde'],
    ['abcd', 'cdefgh'],
    ['abcde', 'abf'],
    ['abcde', 'cd'],
    ['abc', 'abd'],
    ['ab', 'cd'],
  ] as const) {
    it(`R8 the load stays even from ${before} to ${after}`, () => {
      const counts: Record<string, number> = {}
      for (const mine of before) {
        for (const [host, count] of Object.entries(migrate(before, after, () => mine))) {
          const at = host === '-' ? mine : host
          counts[at] = (counts[at] ?? 0) + count
        }
      }
      expectEven(tally(counts, after))
    })
  }

  it('R8 two changes in a row, the second before the move, keep the load even', () => {
    const random = seeded(3)
    const counts: Record<string, number> = {}
    for (let trial = 0; trial < TRIALS; trial++) {
      const list = new ServerRotation(servers('abcde'), { random })
      const first = list.next().server
      list.connected(first)
      list.update(servers('abc'), first)
      const mine = list.update(servers('abcde'), first) ? list.next().server : first
      counts[mine.host] = (counts[mine.host] ?? 0) + 1
    }
    expectEven(tally(counts, 'abcde'))
  })
})
