import { connect } from '@zookit/client'
import { findTargets } from '@zookit/test-fixtures'
import { expect } from 'chai'
import { LeaderElection } from '../src/index.ts'
import { abortOf, failure, isDone, settle, TestBed, until } from './support/test-bed.ts'

const PATH = '/leader'
const quick = { jitter: 0 }

/** The layouts: one znode of each candidate for each. */
const LAYOUTS = [/^(_c_.+-)latch-(\d{10})$/, /^(_c_.+-)lock-(\d{10})$/, /^(_c_.+-)__lock__(\d{10})$/]

describe('A candidate', () => {
  it('is three znodes, with numbers that follow each other, that other clients read', async () => {
    await using bed = await TestBed.start()
    const zk = await bed.client()
    const leadership = await new LeaderElection(zk, PATH, { ...quick, data: 'me' }).campaign()
    const names = bed.names(PATH)
    const matches = LAYOUTS.map(layout => names.map(name => layout.exec(name)).find(match => match !== null)!)
    expect(matches.map(match => match[1])).to.deep.equal(Array(3).fill(matches[0]![1]))
    expect(matches.map(match => Number(match[2]))).to.deep.equal([0, 1, 2])
    const { data } = await zk.getData(`${PATH}/${matches[2]![0]}`)
    expect([names.length, String(data)]).to.deep.equal([3, 'me'])
    await leadership.resign()
    expect(bed.names(PATH)).to.deep.equal([])
  })

  for (const version of ['3.4.14', '3.5.10', '3.8.0', '3.9.5'] as const) {
    it(`stands, leads and leaves on ${version}`, async () => {
      await using bed = await TestBed.start({ version })
      const [one, two] = [await bed.client(), await bed.client()]
      const first = await new LeaderElection(one, PATH, quick).campaign()
      const standing = new LeaderElection(two, PATH, quick).campaign()
      await until('both are there', () => bed.names(PATH).length === 6)
      expect([await isDone(standing), first.held]).to.deep.equal([false, true])
      await first.resign()
      const second = await standing
      expect(second.token > first.token).to.equal(true)
      await second.resign()
      expect(bed.names(PATH)).to.deep.equal([])
    })
  }

  it('loses the leadership when somebody deletes one of its znodes, and takes the others away', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    for (const index of [0, 1, 2]) {
      const leadership = await new LeaderElection(zk, PATH, quick).campaign()
      await settle()
      await other.delete(`${PATH}/${bed.names(PATH).find(name => LAYOUTS[index]!.test(name))}`)
      expect(await abortOf(leadership.signal)).to.include({ reason: 'deleted' })
      await until('all are gone', () => bed.names(PATH).length === 0)
    }
  })

  it('is found again, with all its znodes, when the answer was lost', async () => {
    await using bed = await TestBed.start({ seed: { leader: '' } })
    const zk = await bed.client()
    bed.server.loseNextReply('multi')
    const leadership = await new LeaderElection(zk, PATH, quick).campaign()
    expect(bed.names(PATH)).to.have.length(3)
    await leadership.resign()
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('leaves nothing behind when somebody deletes its first znode before it is found again', async () => {
    await using bed = await TestBed.start({ seed: { leader: '' } })
    const [zk, other] = [await bed.client(), await bed.client()]
    await bed.server.refuseConnections(true)
    bed.server.loseNextReply('multi')
    const campaigning = new LeaderElection(zk, PATH, quick).campaign()
    await until('the connection is lost', () => zk.state === 'suspended')
    await other.delete(`${PATH}/${bed.names(PATH).find(name => LAYOUTS[0]!.test(name))}`)
    await bed.server.refuseConnections(false)
    const leadership = await campaigning
    expect(leadership.path).to.match(/latch-0000000003$/)
    await leadership.resign()
    expect(bed.names(PATH)).to.deep.equal([])
  })

  it('leaves nothing behind when it is given up, whatever is known of it', async () => {
    await using bed = await TestBed.start({ seed: { leader: '' } })
    const zk = await bed.client()
    const stop = new AbortController()
    bed.server.holdNextReply('multi')
    const standing = failure(new LeaderElection(zk, PATH, quick).campaign({ signal: stop.signal }))
    await until('it is there', () => bed.names(PATH).length === 3)
    stop.abort()
    expect(await standing).to.include({ code: 'ABORTED' })
    bed.server.releaseReplies()
    await until('all are gone', () => bed.names(PATH).length === 0)
    await bed.server.refuseConnections(true)
    bed.server.loseNextReply('multi')
    const again = new AbortController()
    const cutOff = failure(new LeaderElection(zk, PATH, quick).campaign({ signal: again.signal }))
    await until('it is cut off', () => zk.state !== 'connected')
    again.abort()
    expect(await cutOff).to.include({ code: 'ABORTED' })
    expect(bed.names(PATH)).to.have.length(3)
    await bed.server.refuseConnections(false)
    await until('all are gone', () => bed.names(PATH).length === 0)
  })

  it('is one candidate in the eyes of those who follow, also while it leaves', async () => {
    await using bed = await TestBed.start()
    const [zk, other] = [await bed.client(), await bed.client()]
    const election = new LeaderElection(other, PATH, quick)
    const seen: number[] = []
    const stop = new AbortController()
    const following = (async () => {
      for await (const { candidates } of election.observe({ signal: stop.signal }))
        seen.push(candidates.length)
    })().catch(() => {})
    await until('it follows', () => seen.length === 1)
    const leadership = await new LeaderElection(zk, PATH, quick).campaign()
    await until('it sees it come', () => seen.length === 2)
    await leadership.resign()
    await until('it sees it go', () => seen.at(-1) === 0)
    stop.abort()
    await following
    expect(seen).to.deep.equal([0, 1, 0])
  })
})

for (const target of (await findTargets()).slice(0, 1)) {
  it(`Candidates are three znodes each, created together, on ${target.name}`, async function () {
    this.timeout(40_000)
    const server = await target.startServer({ tickTime: 200 })
    try {
      await using zk = await connect(server.hosts)
      const election = new LeaderElection(zk, PATH, quick)
      const standing = Array.from({ length: 5 }, () => election.campaign())
      // In the order in which they come to lead: a session that is lost on a slow machine puts them in another line.
      await Promise.all(standing.map(async each => (await each).resign()))
      expect((await zk.exists(PATH))?.numChildren ?? 0).to.equal(0)
    } finally {
      await server.stop()
    }
  })
}
