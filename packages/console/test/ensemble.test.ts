import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { scaleOf, withGaps } from '../page/parts/scale.ts'
import type { Sample, ServerSample, SessionView } from '../src/protocol.ts'
import { hex } from '../src/znode/views.ts'
import { openConsole } from './support/opened.ts'

const SERVER = { server: 'zk1:2181', state: 'serving' } as ServerSample

describe('What the console tells of the ensemble', () => {
  it('lists sessions with their ephemerals and watches, also that one has none', async () => {
    await using server = await TestServer.start({ seed: { a: '' } })
    await using opened = await openConsole(server.hosts)
    await using busy = await connect(server.hosts)
    await using idle = await connect(server.hosts)
    await busy.create('/mine', '', { mode: 'ephemeral' })
    await busy.getData('/a', { watch: () => {} })
    const { sessions } = (await opened.get('/api/sessions')).body as { sessions: SessionView[] }
    const found = (id: bigint): SessionView => sessions.find(({ session }) => session === hex(id))!
    expect(found(busy.session.id)).to.deep.include({ ephemerals: ['/mine'], watches: ['/a'], own: false })
    expect(found(idle.session.id)).to.deep.include({ ephemerals: [], watches: [], own: false })
    expect(found(opened.zk.session.id)).to.include({ own: true })
  })

  it('does not know the watches of a session whose server tells none', async () => {
    await using server = await TestServer.start({ fourLetterWords: ['srvr', 'cons', 'dump'] })
    await using opened = await openConsole(server.hosts)
    const { sessions, faults } = (await opened.get('/api/sessions')).body
    expect(sessions).to.have.length(1)
    expect(sessions[0]).to.include({ watches: null, own: true })
    expect(faults[0]).to.contain('wchc')
  })

  it('is drawn with a gap where nobody has looked', () => {
    const sample = (at: number): Sample => ({
      at,
      healthy: true,
      leader: null,
      quorum: '',
      zxid: null,
      servers: [SERVER],
    })
    const drawn = withGaps([0, 2000, 4000, 60_000, 62_000].map(sample))
    expect(drawn.map(({ at, servers }) => [at, servers.length])).to.deep.equal([
      [0, 1],
      [2000, 1],
      [4000, 1],
      [4001, 0],
      [60_000, 1],
      [62_000, 1],
    ])
  })

  it('is drawn from zero to a little above the largest value, however small that is', () => {
    const [least, most] = scaleOf(0.1, 0.2)
    expect([least, most]).to.deep.equal([0, 0.2 * 1.1])
    expect(scaleOf(-1, 10)[0]).to.equal(-1)
    expect(scaleOf(0, 0)).to.deep.equal([0, 1])
    expect(scaleOf(null, null)).to.deep.equal([0, 1])
  })
})
