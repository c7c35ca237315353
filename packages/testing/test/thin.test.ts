import { op } from '@zookit/jute'
import { expect } from 'chai'
import { TestServer } from '../src/index.ts'
import { create } from './support/helpers.ts'
import { RawClient } from './support/raw-client.ts'

describe('the thin path', () => {
  it('creates and reads back', async () => {
    await using server = await TestServer.start()
    using client = await RawClient.open(server)
    expect(await create(client, '/a', { data: 'x' })).to.equal('/a')
    const { data, stat } = await client.call(op.getData, { path: '/a', watch: false })
    expect(data?.toString()).to.equal('x')
    expect(stat.czxid).to.equal(2n)
    expect(server.requests().map(r => r.operation)).to.deep.equal(['connect', 'create', 'getData'])
  })
})
