import { expect } from 'chai'
import { Reader } from '../src/index.ts'
import { fuzz } from './fuzz/fuzz.ts'

describe('the fuzzer', () => {
  for (const seed of [1, 2, 3]) {
    it(`finds nothing but JuteErrors and no allocation beyond a frame's size, with seed ${seed}`, () => {
      const { frames, outcomes } = fuzz(seed, 0, 20_000)
      expect(frames).to.equal(20_000)
      const seen = [...outcomes.keys()]
      for (const target of ['readers', 'layouts', 'framer', 'dissectFrame', 'Dissector']) {
        expect(seen).to.include.members([`${target} OK`, `${target} TRUNCATED`, `${target} BAD_LENGTH`])
      }
      expect(seen).to.include.members([
        'readers UNEXPECTED_NULL',
        'readers UNKNOWN_TYPE',
        'framer FRAME_TOO_LARGE',
      ])
    }).timeout(30_000)
  }

  it('makes the same frames of the same seed', () => {
    expect(fuzz(7, 500, 2000))
      .to.have.property('outcomes')
      .that.deep.equals(fuzz(7, 500, 2000).outcomes)
  })

  /** Runs the fuzzer over a reader with a bug. */
  function withBug(name: 'length' | 'take', bug: (this: Reader, size: number) => number): () => void {
    return () => {
      const original = Reader.prototype[name]
      Reader.prototype[name] = bug
      try {
        fuzz(1, 0, 20_000)
      } finally {
        Reader.prototype[name] = original
      }
    }
  }

  it('finds a reader that believes any length', () => {
    const bug = withBug('length', function () {
      const at = this.take(4)
      return Math.min(2 ** 20, Math.max(-1, this.view.getInt32(at)))
    })
    expect(bug).to.throw(/seed 1, frame \d+, .*\nagain: pnpm fuzz --seed 1 --from \d+ --frames 1\nbytes: /)
  })

  it('finds a reader that looks past its limit', () => {
    const bug = withBug('take', function (size) {
      this.offset += size
      return this.offset - size
    })
    expect(bug).to.throw(/seed 1, frame \d+/)
  })
})
