import { connect } from '@zookit/client'
import { TestServer } from '@zookit/testing'
import { expect, test } from 'vitest'
import { increment } from './counter.ts'

test('a counter that loses its reply has counted once, and reports that the outcome is unknown', async () => {
  await using server = await TestServer.start({ seed: { counter: '41' } })
  await using zk = await connect(server.hosts)
  server.loseNextReply({ operation: 'setData', path: '/counter' })
  await expect(increment(zk, '/counter')).rejects.toMatchObject({ outcome: 'unknown' })
  expect(server.dump()).toEqual({ '/counter': '42' })
})
