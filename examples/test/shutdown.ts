import { connect } from '@zookit/client'
import { Group, Mutex } from '@zookit/recipes'
import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from './program.ts'

/**
 * Stops a service while one of its requests runs: the request waits for a lock, which this test holds until the service
 * has left its group.
 */
export async function stopsGracefully(file: string, server: TestServer): Promise<void> {
  await using program = new Program(file, server.hosts)
  const [, url] = await program.line(/^listening: (\S+)$/)
  expect((await fetch(`${url}/readyz`)).status).to.equal(200)

  await using zk = await connect(server.hosts)
  const group = new Group(zk, '/services/invoices')
  await group.members.start()
  const changes = group.members.changes()
  expect([...group.members.current.values()].map(({ data }) => String(data))).to.deep.equal([url])

  const mutex = new Mutex(zk, '/locks/invoices')
  const lock = await mutex.acquire()
  const answer = fetch(`${url}/invoices`, { method: 'POST' })
  for await (const contenders of mutex.observe()) if (contenders.length === 2) break

  const stopped = program.stop()
  for await (const change of changes) if (change.type === 'deleted') break
  await program.line(/^left the group$/)
  expect(program.lines(/^answered$/), 'the request runs').to.deep.equal([])

  await lock.release()
  const response = await answer
  expect(response.ok).to.equal(true)
  expect(response.headers.get('connection'), 'or the server waits for the next request').to.equal('close')
  expect(await response.json()).to.have.property('token')
  expect(await stopped).to.equal(0)
  await group.members.close()
}
