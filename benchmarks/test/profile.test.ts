import { expect } from 'chai'
import { type CpuProfile, hottest } from '../src/profile.ts'

function node(id: number, functionName: string, url = ''): CpuProfile['nodes'][number] {
  return { id, callFrame: { functionName, url, lineNumber: 9 } }
}

describe('a CPU profile', () => {
  it('is summarized by the functions that took most of the busy time themselves', () => {
    const profile: CpuProfile = {
      nodes: [
        node(1, '(idle)'),
        node(2, 'read', 'file:///a/reader.js'),
        node(3, 'write', 'file:///a/writer.js'),
      ],
      samples: [2, 1, 3, 2, 1],
      timeDeltas: [30, 900, 20, 50, 900],
    }
    expect(hottest(profile, 5)).to.deep.equal([
      { where: 'read reader.js:10', share: 0.8 },
      { where: 'write writer.js:10', share: 0.2 },
    ])
    expect(hottest(profile, 1)).to.have.length(1)
  })

  it('has one entry for a function with several callers', () => {
    const profile: CpuProfile = {
      nodes: [node(1, 'read', 'file:///a/reader.js'), node(2, 'read', 'file:///a/reader.js')],
      samples: [1, 2],
      timeDeltas: [1, 1],
    }
    expect(hottest(profile, 5)).to.deep.equal([{ where: 'read reader.js:10', share: 1 }])
  })
})
