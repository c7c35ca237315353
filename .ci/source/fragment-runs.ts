/** The rest of the program that a block of code is shown without. */
export interface FragmentRun {
  /** Code before the block: what the page declares, as it is here. */
  readonly before?: string
  /** Code behind the block. */
  readonly after?: string
  /** Folder of the program, whose dependencies it finds. A package finds itself where no node_modules is between. */
  readonly from?: string
  /** True for a file of tests. */
  readonly mocha?: boolean
}

const ASSERT = `import assert from 'node:assert/strict'\n`
const CONNECT = `import { connect } from '@zookit/client'\n`
const STAT = `{ czxid: 0n, mzxid: 0n, ctime: 0, mtime: 0, version: 0, cversion: 0, aversion: 0, ephemeralOwner: 0n, dataLength: 1, numChildren: 0, pzxid: 0n }`

/** Lists the blocks that run, with what each needs around it. `127.0.0.1:2181` stands for a server of its own. */
export const RUNS: Readonly<Record<string, FragmentRun>> = {
  'docs-client.md-1': {
    before: `${CONNECT}const zk = await connect('127.0.0.1:2181')
await zk.ensurePath('/services/a')
await zk.ensurePath('/config/main')
const paths = ['/services', '/none']`,
    after: 'await zk.close()',
  },
  'docs-client.md-4': {
    before: `import { once } from 'node:events'
async function serve(_: unknown, signal: AbortSignal) {
  process.kill(process.pid, 'SIGTERM')
  await once(signal, 'abort')
}`,
  },
  'docs-connection.md-1': {
    before: ASSERT,
    after: 'assert(Buffer.isBuffer(data)); assert.equal(stat.czxid, 0n)',
  },
  'docs-connection.md-2': {
    before: `const servers = [{ host: '127.0.0.1', port: 1 }]
class OwnMechanism { readonly name = 'OWN'; start() { throw new Error('no server') } }`,
    after: 'await session.close()',
  },
  'docs-debugging.md-1': { from: 'packages/client/node_modules/.cache' },
  'docs-jute.md-1': {
    before: `${ASSERT}import { PassThrough } from 'node:stream'\nconst socket = new PassThrough()`,
    after: `const reply = new Writer().int(1).long(2n).int(0)
op.getData.writeResponse(reply, { data: Buffer.from('x'), stat: ${STAT} })
const length = Buffer.alloc(4)
length.writeInt32BE(reply.written().length)
const printed: unknown[] = []
console.log = value => printed.push(value)
for (const byte of Buffer.concat([length, reply.written()])) socket.write(Buffer.of(byte))
await new Promise(setImmediate)
assert.deepEqual(printed.map(value => String((value as { data: Buffer }).data)), ['x'])`,
  },
  'docs-jute.md-2': {
    before: ASSERT,
    after: `const bytes = Buffer.alloc(80)
bytes.writeInt32BE(2, 1)
bytes.write('/a', 5)
assert.deepEqual(Object.keys(entry.decode(bytes)), ['kind', 'path', 'stat'])`,
    from: 'packages/jute/node_modules/.cache',
  },
  'docs-jute.md-3': {
    before: ASSERT,
    after: `for (const each of [Dissector, dissectFrame, dissectStream, formatFrame]) assert.equal(typeof each, 'function')`,
  },
  'docs-recipes-building-a-recipe.md-1': {
    before: `${ASSERT}${CONNECT}const rule: Rule = ({ contenders, index }) => contenders[index - 1]?.name ?? null`,
    after: `await using zk = await connect('127.0.0.1:2181')
const first = await acquire(zk, '/locks/a', { data: 'me' })
assert(first?.held)
await assert.rejects(acquire(zk, '/locks/a', { data: 'me', timeout: 50 }), { code: 'REQUEST_TIMEOUT' })
await first.release()`,
  },
  'docs-recipes-leader-election.md-1': {
    before: `${ASSERT}${CONNECT}import { once } from 'node:events'
import { LeaderElection } from '@zookit/recipes'
const zk = await connect('127.0.0.1:2181')
const election = new LeaderElection(zk, '/line')
let turns = 0
async function work(signal: AbortSignal) {
  if (++turns === 2) return
  await zk.removeTree('/line')
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}`,
    after: 'assert.equal(turns, 2); await zk.close()',
  },
  'docs-recipes-lease.md-1': {
    before: `${ASSERT}${CONNECT}import { Lease } from '@zookit/recipes'
const zk = await connect('127.0.0.1:2181')
const lease = new Lease(zk, '/lease', { duration: 60_000 })
const held = { held: false }`,
    after: `assert.equal(await new Lease(zk, '/lease', { duration: 60_000 }).tryAcquire(), null)
await zk.close()`,
  },
  'docs-testing.md-1': { before: ASSERT, after: `assert.equal(server.dump()['/config'], 'v2')` },
  'docs-testing.md-2': {
    before: ASSERT,
    after: `assert.equal((await zk.getConfig()).members.length, 3)`,
  },
  'packages-conformance-README.md-2': {
    before: `${ASSERT}import { cases, runConformance } from '../../../packages/conformance/src/index.ts'`,
    after: `const all = cases as ConformanceCase[]
all.splice(0, all.length, closedSession)
const { results } = await runConformance({ hosts: '127.0.0.1:2181' })
assert.deepEqual(results.map(({ status }) => status), ['passed'])`,
  },
  'packages-console-README.md-1': {
    from: 'packages/cli/node_modules/.cache',
    before: ASSERT,
    after: `const { status, headers } = await fetch(url, { redirect: 'manual' })
const cookie = headers.getSetCookie()[0]!.split(';')[0]!
const root = await fetch(new URL('/api/znode?path=/', url), { headers: { cookie } })
assert.deepEqual([status, root.status, ((await root.json()) as { path: string }).path], [303, 200, '/'])
await console_.close()
await zk.close()`,
  },
  'packages-opentelemetry-README.md-1': { from: 'packages/opentelemetry/dist' },
  'test-fixtures-README.md-1': { mocha: true },
}

const LOSS =
  'shows what follows a loss, which takes the end of a session; tests of packages/recipes have that'

/** Lists the blocks that are compiled and no more, with the reason. */
export const COMPILED: Readonly<Record<string, string>> = {
  'docs-admin.md-2': 'needs an AdminServer of 3.9 with a super user; a test of packages/admin has one',
  'docs-recipes-multi-lock.md-1': LOSS,
  'docs-recipes-mutex.md-1': LOSS,
  'docs-recipes-read-write-lock.md-1': LOSS,
  'docs-recipes-reentrant-mutex.md-1': LOSS,
  'docs-recipes-semaphore.md-1': LOSS,
  'docs-security.md-1': 'names servers of others, and certificates at /etc/app',
  'docs-security.md-2': 'reads a password from /run/secrets',
  'docs-security.md-3': 'needs a Kerberos realm; a test of packages/connection has one',
  'packages-conformance-README.md-1': 'names servers of others, and is half a file of tests',
}
