import { expect } from 'chai'
import { MOST_VERSIONS, missedBetween, type Seen, SeenVersions } from '../page/znode/seen.ts'

const seen = (version: number, data = 'x', czxid = '0x1'): Seen => ({
  version,
  czxid,
  mzxid: `${czxid}-${version}`,
  mtime: 0,
  data,
})
const numbers = (versions: SeenVersions, path: string): number[] =>
  versions.of(path).map(({ version }) => version)

describe('The versions that a page has seen', () => {
  it('stay when another znode is looked at, each once', () => {
    const versions = new SeenVersions()
    versions.add('/a', seen(1))
    versions.add('/a', seen(2))
    versions.add('/b', seen(7))
    versions.add('/a', seen(2))
    versions.add('/a', seen(5))
    expect(numbers(versions, '/a')).to.deep.equal([1, 2, 5])
    expect(numbers(versions, '/b')).to.deep.equal([7])
    expect(numbers(versions, '/c')).to.deep.equal([])
    expect(versions.dropped).to.equal(0)
  })

  it('are of one znode the newest', () => {
    const versions = new SeenVersions()
    for (let i = 0; i < MOST_VERSIONS + 3; i++) versions.add('/a', seen(i))
    expect(versions.of('/a')).to.have.length(MOST_VERSIONS)
    expect([versions.of('/a')[0]!.version, versions.dropped]).to.deep.equal([3, 3])
  })

  it('make room: the znode that was seen longest ago loses its oldest first', () => {
    const versions = new SeenVersions(4000)
    versions.add('/a', seen(1, 'x'.repeat(1000)))
    versions.add('/a', seen(2, 'x'.repeat(1000)))
    versions.add('/b', seen(1, 'x'.repeat(1000)))
    // It was looked at again: now it is /b that was seen longest ago.
    versions.add('/a', seen(2, 'x'.repeat(1000)))
    versions.add('/c', seen(1, 'x'.repeat(1000)))
    expect([numbers(versions, '/a'), numbers(versions, '/b')]).to.deep.equal([[1, 2], []])
    versions.add('/c', seen(2, 'x'.repeat(1000)))
    expect([numbers(versions, '/a'), numbers(versions, '/c')]).to.deep.equal([[2], [1, 2]])
    expect(versions.dropped).to.equal(2)
  })

  it('take no more room however many znodes without data were looked at', () => {
    const versions = new SeenVersions(100_000)
    for (let i = 0; i < 10_000; i++) versions.add(`/node-${i}`, { ...seen(0), data: null })
    const left = Array.from({ length: 10_000 }, (_, i) => versions.of(`/node-${i}`).length)
    expect(left.reduce((sum, each) => sum + each)).to.be.below(500)
    expect(left.at(-1)).to.equal(1)
  })

  it('keep the newest, also if it is larger than the room', () => {
    const versions = new SeenVersions(1000)
    versions.add('/a', seen(1))
    versions.add('/b', seen(1, 'x'.repeat(5000)))
    versions.add('/b', seen(2, 'x'.repeat(5000)))
    expect([numbers(versions, '/a'), numbers(versions, '/b')]).to.deep.equal([[], [2]])
  })

  it('say how many between two were not seen, unless the znode was created again', () => {
    expect(missedBetween(undefined, seen(4))).to.equal(0)
    expect(missedBetween(seen(3), seen(4))).to.equal(0)
    expect(missedBetween(seen(1), seen(4))).to.equal(2)
    expect(missedBetween(seen(1, 'x', '0x1'), seen(4, 'x', '0x9'))).to.equal(0)
    expect(missedBetween(seen(9), seen(4))).to.equal(0)
  })
})
