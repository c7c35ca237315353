import { connect } from '@zookit/client'
import { type ElectionView, LeaderElection } from '@zookit/recipes'
import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Stops the first leader, and lets the session of the second one expire. */
export default async function test(server: TestServer): Promise<void> {
  const start = (name: string): Program => new Program('leader-election/main.ts', server.hosts, name, '5')
  await using a = start('a')
  await a.line(/^a: step 3$/)
  await using b = start('b')
  await using c = start('c')
  const programs = { a, b, c }

  await using zk = await connect(server.hosts)
  const views = new LeaderElection(zk, '/elections/counter').observe()
  const until = async (wanted: (view: ElectionView) => boolean): Promise<ElectionView> => {
    for (;;) {
      const { value } = await views.next()
      if (value === undefined) throw new Error('the view has ended')
      if (wanted(value)) return value
    }
  }
  await until(({ candidates }) => candidates.length === 3)
  expect(await a.stop()).to.equal(0)

  const { leader } = await until(({ leader }) => String(leader?.data) !== 'a')
  const second = String(leader!.data) as 'b' | 'c'
  await programs[second].line(/: step/)
  server.expireSession(leader!.session)

  const third = second === 'b' ? 'c' : 'b'
  await programs[third].line(/: step/, 3)
  await until(({ candidates }) => candidates.length === 2) // the second one stands again, in its new session
  for (const program of [b, c]) expect(await program.stop()).to.equal(0)

  const steps = [a, b, c].flatMap(program => program.lines(/: step (\d+)$/).map(([, step]) => step))
  expect(new Set(steps), 'steps that were taken once').to.have.property('size', steps.length)
  const tokens = [a, programs[second], programs[third]].map(program => {
    return BigInt(program.lines(/leads, token (\d+)$/)[0]![1]!)
  })
  expect(tokens, 'tokens that grow').to.deep.equal(tokens.toSorted((x, y) => (x < y ? -1 : 1)))
}
