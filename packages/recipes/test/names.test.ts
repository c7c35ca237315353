import { expect } from 'chai'
import {
  contenderPrefix,
  contendersOf,
  isBefore,
  isNearWrap,
  parseContender,
  withoutCompanions,
} from '../src/core/names.ts'

const MARKERS = ['lock-', '__lock__']

/** Formats as `String.format("%010d")` does. */
function numbered(prefix: string, sequence: number): string {
  const digits = String(Math.abs(sequence))
  return prefix + (sequence < 0 ? `-${digits.padStart(9, '0')}` : digits.padStart(10, '0'))
}

describe('The name of a contender', () => {
  it('is protected as Curator does it, and has the session', () => {
    const prefix = contenderPrefix(() => 0.5, -2n, 'lock-', 'w3-')
    expect(prefix).to.equal('_c_80008000-8000-4000-8000-800080008000-fffffffffffffffe-w3-lock-')
    expect(contenderPrefix(() => 0.999999, 1n, 'lock-')).to.match(
      /^_c_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}-0{15}1-lock-$/,
    )
  })

  it('is understood with Curator’s and kazoo’s prefixes', () => {
    const curator = '_c_c2a1c3f4-6f1f-4e35-9d3b-2b8e8b8a5f10-lock-0000000007'
    const kazoo = '9d3b2b8e8b8a5f10c2a1c3f46f1f4e35__lock__0000000008'
    expect(parseContender(curator, MARKERS)).to.deep.equal({ name: curator, marker: 'lock-', sequence: 7 })
    expect(parseContender(kazoo, MARKERS)).to.deep.equal({ name: kazoo, marker: '__lock__', sequence: 8 })
    expect(parseContender('lock-0000000001', MARKERS)?.sequence).to.equal(1)
  })

  it('is distinguished from all other names', () => {
    const others = [
      '',
      'lock-',
      'lock-1',
      'lock-00000000001',
      'lock-000000000x',
      'lock-0000000001-suffix',
      'block-0000000001x',
      'lease-0000000001',
      '__rlock__0000000001',
      'lock- 0000000001',
      // No marker, and as many letters before the number as a marker has but one.
      'item0000000001',
      'waiting0000000001',
    ]
    for (const name of others) expect(parseContender(name, MARKERS), name).to.equal(null)
  })

  it('Z7 is read where the counter has turned negative', () => {
    for (const sequence of [-(2 ** 31), -1_000_000_000, -999_999_999, -5, -1]) {
      const name = numbered('_c_x-lock-', sequence)
      expect(parseContender(name, MARKERS), name).to.include({ sequence })
    }
    expect(numbered('', -5)).to.equal('-000000005')
    expect(numbered('', -(2 ** 31))).to.equal('-2147483648')
  })

  it('Z7 keeps its place in the order around the wrap', () => {
    const starts = [0, 2 ** 31 - 3, -(2 ** 31), -3, 2 ** 30 - 2]
    for (const start of starts) {
      const sequences = [0, 1, 2, 3, 4, 5].map(step => (start + step) | 0)
      const names = sequences.map(sequence => numbered('lock-', sequence))
      const shuffled = [names[3]!, names[5]!, names[0]!, names[4]!, names[1]!, names[2]!]
      expect(contendersOf(shuffled, MARKERS).map(({ name }) => name)).to.deep.equal(names)
    }
    const [last, first] = contendersOf(
      [numbered('lock-', -(2 ** 31)), numbered('lock-', 2 ** 31 - 1)],
      MARKERS,
    )
    expect(isBefore(last!, first!)).to.equal(true)
    expect(isBefore(first!, last!)).to.equal(false)
  })

  it('is not before itself, and near the wrap-around in the upper half of the numbers and past their end', () => {
    const of = (sequence: number) => parseContender(numbered('lock-', sequence), MARKERS)!
    expect(isBefore(of(7), of(7))).to.equal(false)
    const near = [0, 1, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1, -(2 ** 31), -1].filter(each =>
      isNearWrap(of(each)),
    )
    expect(near).to.deep.equal([2 ** 30 + 1, 2 ** 31 - 1, -(2 ** 31), -1])
  })

  it('counts once with those that differ behind the marker only: the first counts', () => {
    const [a, b, c] = [1, 2, 3].map(() => contenderPrefix(Math.random, 1n, ''))
    const names = [`${a}lock-`, `${b}lock-`, `${a}__lock__`, `${c}lock-`].map((prefix, at) =>
      numbered(prefix, at),
    )
    const counted = withoutCompanions(contendersOf(names, ['__lock__', 'lock-']))
    expect(counted.map(({ name }) => name)).to.deep.equal([names[0], names[1], names[3]])
  })

  it('counts with each of another client, also where two differ behind the marker only', () => {
    for (const stem of ['', 'host-', '_c_3f0e5c9e-0b4f-4f6e-9f3a-0a8f0e0d1c2b-']) {
      const names = ['__READ__', '__WRIT__', '__READ__'].map((marker, at) => numbered(stem + marker, at))
      const counted = withoutCompanions(contendersOf(names, ['__READ__', '__WRIT__']))
      expect(counted.map(({ name }) => name)).to.deep.equal(names)
    }
  })

  it('counts with each that has the same marker, also where nothing stands before it', () => {
    for (const last of ['lock-', 'a-__lock__']) {
      const names = ['lock-', 'lock-', last].map((prefix, at) => numbered(prefix, at))
      const counted = withoutCompanions(contendersOf(names, ['__lock__', 'lock-']))
      expect(counted.map(({ name }) => name)).to.deep.equal(names)
    }
  })
})
