import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, readOnlyAcl } from '@zookit/client'
import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Saves a tree, makes it again elsewhere, and compares. */
export default async function test(server: TestServer): Promise<void> {
  await using zk = await connect(server.hosts)
  const binary = Buffer.from([0, 0xff, 0x0a])
  await zk.ensurePath('/app/empty')
  await zk.create('/app/config', '{"a":1}')
  await zk.create('/app/config/binary', binary, { acl: readOnlyAcl })
  await zk.create('/app/session', 'of this client', { mode: 'ephemeral' })
  await zk.ensurePath('/restored')

  const folder = await mkdtemp(join(tmpdir(), 'zookit-backup-'))
  try {
    const file = join(folder, 'app.jsonl')
    await using save = new Program('tree-backup/main.ts', server.hosts, 'save', '/app', file)
    expect(await save.end()).to.equal(0)
    await using restore = new Program('tree-backup/main.ts', server.hosts, 'restore', '/restored/app', file)
    expect(await restore.end()).to.equal(0)
    await restore.line(/^4 znodes$/)
  } finally {
    await rm(folder, { recursive: true })
  }

  expect((await zk.getChildren('/restored/app')).children).to.have.members(['config', 'empty'])
  expect(String((await zk.getData('/restored/app/config')).data)).to.equal('{"a":1}')
  expect((await zk.getData('/restored/app/config/binary')).data).to.deep.equal(binary)
  expect((await zk.getAcl('/restored/app/config/binary')).acl).to.deep.equal(readOnlyAcl)
}
