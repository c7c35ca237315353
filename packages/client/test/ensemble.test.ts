import type { Stat } from '@zookit/jute'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { toConfigNode } from '../src/ensemble.ts'
import { connect, ZooKeeperError } from '../src/index.ts'
import { failureOf } from './support/targets.ts'

const MEMBER = 'server.5=127.0.0.1:2888:3888:participant;127.0.0.1:2181'

describe('A reconfiguration', () => {
  it('is sent in the server’s form, for some members or for all', async () => {
    await using server = await TestServer.start()
    await using zk = await connect(server.hosts)
    const attempts = [
      zk.reconfig({ joining: [MEMBER, 'server.6=...'] }),
      zk.reconfig({ joining: [MEMBER], leaving: [3, 4] }, { fromConfig: 0x100000002n }),
      zk.reconfig({ members: [MEMBER] }),
    ]
    for (const attempt of attempts) expect((await failureOf(attempt)).code).to.equal('RECONFIG_DISABLED')
    const sent = server.requests().filter(({ operation }) => operation === 'reconfig')
    const none = { joiningServers: null, leavingServers: null, newMembers: null, curConfigId: -1n }
    expect(sent.map(({ body }) => body)).to.deep.equal([
      { ...none, joiningServers: `${MEMBER},server.6=...` },
      { ...none, joiningServers: MEMBER, leavingServers: '3,4', curConfigId: 0x100000002n },
      { ...none, newMembers: MEMBER },
    ])
  })
})

describe('The configuration of an ensemble', () => {
  const stat = { version: 7 } as Stat

  it('is that of its znode, with the Stat', () => {
    const config = toConfigNode({ data: Buffer.from(`${MEMBER}\nversion=1000000a2`), stat })
    expect(config.version).to.equal(0x1000000a2n)
    expect(config.members.map(({ id }) => id)).to.deep.equal([5])
    expect(config.stat).to.equal(stat)
    expect(toConfigNode({ data: null, stat })).to.deep.equal({ members: [], version: 0n, stat })
  })

  it('is an error with the reason if it is malformed', () => {
    const read = () => toConfigNode({ data: Buffer.from('server.5=nonsense'), stat })
    expect(read).to.throw(ZooKeeperError).with.property('code', 'MARSHALLING_ERROR')
    expect(read).to.throw().with.property('cause').that.is.instanceOf(SyntaxError)
  })
})
