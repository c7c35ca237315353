import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { Program } from '../test/program.ts'

/** Fails the first time that it is run, of all processes. */
const FAILS_ONCE = 'try { fs.mkdirSync(process.argv[1]) } catch { process.exit() } process.exit(3)'

/** Runs the crontab of two machines at once, and lets the command of a later time fail in one of them. */
export default async function test(server: TestServer): Promise<void> {
  const start = (time: string, ...script: string[]): Program[] => {
    const command = [process.execPath, '-e', ...script]
    return ['one', 'two'].map(
      () => new Program('cron-lock/main.ts', server.hosts, 'report', time, ...command),
    )
  }
  const noon = start('2030-01-01T12:00', 'console.log("working")')
  expect(await Promise.all(noon.map(program => program.end()))).to.deep.equal([0, 0])
  const lines = noon.flatMap(program => program.lines(/.+/).map(([line]) => line))
  expect(lines.sort()).to.deep.equal([
    'report of 2030-01-01T12:00: done',
    'report of 2030-01-01T12:00: done already',
    'working',
  ])

  const folder = await mkdtemp(join(tmpdir(), 'zookit-cron-'))
  try {
    const later = start('2030-01-01T12:01', FAILS_ONCE, join(folder, 'failed'))
    const codes = await Promise.all(later.map(program => program.end()))
    expect(codes.sort()).to.deep.equal([0, 3])
    expect(server.dump()).to.deep.include({ '/cron/report/done': '2030-01-01T12:01' })
  } finally {
    await rm(folder, { recursive: true })
  }
}
