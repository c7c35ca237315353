import { getEventListeners } from 'node:events'
import { CreateFlag, op, Perm } from '@zookit/jute'
import { parseConnectString, Session } from '../../src/index.ts'

// A program of its own, for `server/close.test.ts`: opens and closes sessions, tells what is left of them, and ends
// when nothing keeps it.

const CYCLES = 1000
const AT_A_TIME = 20
const [hosts, nowhere] = process.argv.slice(2) as [string, string]
const { signal } = new AbortController()
const acl = [{ perms: Perm.ALL, id: { scheme: 'world', id: 'anyone' } }]

function open(where: string): Session {
  const { servers } = parseConnectString(where)
  return new Session({ servers, sessionTimeout: 20_000 })
}

/** Returns a session's life, in several variations: some are closed before they have begun. */
async function cycle(i: number): Promise<void> {
  const session = open(i % 10 === 1 ? nowhere : hosts)
  if (i % 10 === 2) await new Promise(resolve => setImmediate(resolve))
  if (i % 10 > 2) {
    const watcher = (): void => {}
    await session.request(op.exists, { path: `/${i}`, watch: true }, { watcher, timeout: 10_000 })
    await session.request(op.addWatch, { path: '/', mode: 1 }, { watcher, signal })
    const flags = CreateFlag.ephemeral
    await session.request(op.create, { path: `/cycle-${i}`, data: null, acl, flags })
  }
  await session.close({ keepSession: i % 10 === 3 })
}

const before = process.getActiveResourcesInfo()
let next = 0
const work = async (): Promise<void> => {
  while (next < CYCLES) await cycle(next++)
}
await Promise.all(Array.from({ length: AT_A_TIME }, work))
// What was closed is gone when the callbacks of that have run.
for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
const listeners = getEventListeners(signal, 'abort').length
const after = process.getActiveResourcesInfo()
process.stdout.write(JSON.stringify({ cycles: next, before, after, listeners }))
