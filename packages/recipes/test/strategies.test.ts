import { expect } from 'chai'
import { hash32 } from '../src/discovery/hash.ts'
import {
  leastOutstanding,
  type PickContext,
  random,
  rendezvous,
  roundRobin,
  type ServiceInstance,
  type Strategy,
  sticky,
  weighted,
} from '../src/index.ts'
import { seeded } from './contention/random.ts'

/** The numbers are the same in each run. */
const SEED = 20_240_117

function instance(id: string, weight = 1): ServiceInstance<{ weight: number }> {
  const nothing = { address: null, port: null, sslPort: null, payloadClass: null, uriSpec: null }
  const rest = { registrationTimeUTC: 0, serviceType: 'DYNAMIC', enabled: true } as const
  return { name: 'web', id, payload: { weight }, ...nothing, ...rest }
}

function instances(count: number): ServiceInstance<{ weight: number }>[] {
  return Array.from({ length: count }, (_, index) => instance(String.fromCharCode(97 + index)))
}

function context(more: Partial<PickContext> = {}): PickContext {
  return { random: seeded(SEED), key: undefined, outstanding: () => 0, ...more }
}

/** Counts how often each was chosen. */
function tally(
  strategy: Strategy<{ weight: number }>,
  among: readonly ServiceInstance<{ weight: number }>[],
  times: number,
  contextOf: (index: number) => PickContext = always(context()),
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let index = 0; index < times; index++) {
    const { id } = strategy.pick(among, contextOf(index))
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

function always<Value>(value: Value): () => Value {
  return () => value
}

const weightOf = ({ payload }: ServiceInstance<{ weight: number }>): number => payload.weight

/** Returns whether a share is as expected, within five standard deviations. */
function expectShare(count: number | undefined, share: number, times: number): void {
  const deviation = Math.sqrt(times * share * (1 - share))
  expect(count ?? 0).to.be.closeTo(times * share, 5 * deviation)
}

describe('The strategy roundRobin', () => {
  it('takes one after the other', () => {
    const strategy = roundRobin<{ weight: number }>()
    const ids = Array.from({ length: 7 }, () => strategy.pick(instances(3), context()).id)
    expect(ids.join('')).to.equal('abcabca')
  })

  it('skips no instance’s turn when instances come and go', () => {
    const strategy = roundRobin<{ weight: number }>()
    const [a, b, c, d] = instances(4)
    const rounds = [
      [a, b, c, d],
      [a, c, d],
      [a, c, d],
      [a, b, c, d],
      [b, c],
    ] as ServiceInstance<{
      weight: number
    }>[][]
    expect(rounds.map(round => strategy.pick(round, context()).id).join('')).to.equal('acdab')
  })
})

describe('The strategy random', () => {
  it('takes all of them equally often', () => {
    const counts = tally(random(), instances(5), 10_000)
    for (const id of 'abcde') expectShare(counts[id], 1 / 5, 10_000)
  })
})

describe('The strategy weighted', () => {
  it('takes each in proportion to its weight, and never one without', () => {
    const among = [instance('a', 1), instance('b', 0), instance('c', 2), instance('d', 7)]
    const counts = tally(weighted(weightOf), among, 20_000)
    expect(Object.keys(counts).sort()).to.deep.equal(['a', 'c', 'd'])
    expectShare(counts.a, 0.1, 20_000)
    expectShare(counts.c, 0.2, 20_000)
    expectShare(counts.d, 0.7, 20_000)
  })

  it('takes all equally often if no weight is a number above 0', () => {
    const among = [instance('a', 0), instance('b', -1), instance('c', Number.NaN), instance('d', Infinity)]
    const counts = tally(weighted(weightOf), among, 8000)
    for (const id of 'abcd') expectShare(counts[id], 1 / 4, 8000)
  })

  it('takes the last one if rounding leaves a small rest', () => {
    const among = [instance('a', 0.1), instance('b', 0.2), instance('c', 0)]
    expect(weighted(weightOf).pick(among, context({ random: always(1) })).id).to.equal('b')
  })
})

describe('The strategy sticky', () => {
  it('stays with one until it is gone, and then with another one', () => {
    const strategy = sticky(roundRobin<{ weight: number }>())
    const all = instances(3)
    expect(tally(strategy, all, 5)).to.deep.equal({ a: 5 })
    expect(tally(strategy, all.slice(1), 5)).to.deep.equal({ b: 5 })
    expect(tally(strategy, all, 5)).to.deep.equal({ b: 5 })
  })

  it('begins with any of them', () => {
    const counts: Record<string, number> = {}
    const shared = context()
    for (let index = 0; index < 3000; index++) {
      const { id } = sticky<{ weight: number }>().pick(instances(3), shared)
      counts[id] = (counts[id] ?? 0) + 1
    }
    for (const id of 'abc') expectShare(counts[id], 1 / 3, 3000)
  })
})

describe('The strategy leastOutstanding', () => {
  it('takes the one with the fewest calls in flight, any of several', () => {
    const load: Record<string, number> = { a: 2, b: 1, c: 1, d: 3 }
    const busy = context({ outstanding: ({ id }) => load[id]! })
    const counts = tally(leastOutstanding(), instances(4), 4000, always(busy))
    expect(Object.keys(counts).sort()).to.deep.equal(['b', 'c'])
    expectShare(counts.b, 1 / 2, 4000)
  })
})

describe('The strategy rendezvous', () => {
  const keyed = (index: number): PickContext => context({ key: `user-${index}` })
  const placeAll = (among: readonly ServiceInstance<{ weight: number }>[], weights = false): string[] => {
    const strategy = weights ? rendezvous(weightOf) : rendezvous<{ weight: number }>()
    return Array.from({ length: 10_000 }, (_, index) => strategy.pick(among, keyed(index)).id)
  }

  it('takes the same one for the same key, and all of them equally often', () => {
    const among = instances(6)
    const placed = placeAll(among)
    expect(placeAll([...among])).to.deep.equal(placed)
    const counts = tally(rendezvous(), among, 10_000, keyed)
    for (const id of 'abcdef') expectShare(counts[id], 1 / 6, 10_000)
  })

  it('moves only the keys of the one that goes, to all the others alike', () => {
    const among = instances(6)
    const [before, after] = [placeAll(among), placeAll(among.filter(({ id }) => id !== 'c'))]
    const moved: Record<string, number> = {}
    before.forEach((id, index) => {
      if (id === 'c') moved[after[index]!] = (moved[after[index]!] ?? 0) + 1
      else expect(after[index]).to.equal(id)
    })
    const total = before.filter(id => id === 'c').length
    for (const id of 'abdef') expectShare(moved[id], 1 / 5, total)
  })

  it('moves only its share to one that comes', () => {
    const among = instances(5)
    const [before, after] = [placeAll(among), placeAll([...among, instance('f')])]
    const moved = before.filter((id, index) => after[index] !== id).length
    before.forEach((id, index) => {
      if (after[index] !== 'f') expect(after[index]).to.equal(id)
    })
    expectShare(moved, 1 / 6, 10_000)
  })

  it('respects weights, and moves no other key when one changes', () => {
    const among = [instance('a', 1), instance('b', 3), instance('c', 0)]
    const before = placeAll(among, true)
    expectShare(before.filter(id => id === 'b').length, 3 / 4, 10_000)
    expect(before).not.to.include('c')
    const after = placeAll([instance('a', 1), instance('b', 4), instance('c', 0)], true)
    before.forEach((id, index) => {
      if (id === 'b') expect(after[index]).to.equal('b')
    })
  })

  it('needs a key', () => {
    expect(() => rendezvous().pick(instances(2), context()))
      .to.throw('key')
      .with.property('code', 'BAD_ARGUMENTS')
  })
})

describe('A strategy', () => {
  it('is made of functions and strategies only', () => {
    for (const wrong of [null, 5, {}, 'random']) {
      for (const [operation, make] of Object.entries({ weighted, rendezvous, sticky })) {
        const call = (): unknown => (make as (argument: unknown) => unknown)(wrong)
        expect(call, operation)
          .to.throw(/^BAD_ARGUMENTS/)
          .with.include({ code: 'BAD_ARGUMENTS', operation })
      }
    }
  })
})

describe('The hash', () => {
  it('depends on every bit of the text, and fills its range evenly', () => {
    expect(hash32('a')).not.to.equal(hash32('a\u0100'))
    expect(hash32('\u0061')).not.to.equal(hash32('\u6100'))
    const buckets = new Array<number>(16).fill(0)
    const times = 32_000
    for (let index = 0; index < times; index++) buckets[hash32(`k${index}`) >>> 28]!++
    for (const count of buckets) expectShare(count, 1 / 16, times)
    // A changed bit changes each bit of the hash in half of the cases.
    const flips = new Array<number>(32).fill(0)
    for (let index = 0; index < 2000; index++) {
      const difference = hash32(`k${index}a`) ^ hash32(`k${index}c`)
      for (let bit = 0; bit < 32; bit++) flips[bit]! += (difference >>> bit) & 1
    }
    for (const count of flips) expectShare(count, 1 / 2, 2000)
  })
})
