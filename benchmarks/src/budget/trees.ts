import { execFileSync } from 'node:child_process'
import { connect, type WriteOperation } from '@zookit/client'
import { findInstallation, startServer } from '@zookit/test-fixtures'
import { Child, type Command } from '../child.ts'
import { HOME, nodeProcess } from '../paths.ts'
import { AS_IN_PRODUCTION } from '../production.ts'
import { spreadOf } from '../statistics.ts'
import { java, kazoo, sourceOf } from '../toolchains.ts'
import { type Bar, bar } from './bar.ts'
import { type Budget, program } from './context.ts'
import type { Step, Stepped } from './programs/tree.ts'
import { Relay } from './relay.ts'
import { zkCliOf } from './zk-cli.ts'

/** The znodes of a tree, a thousand below each parent, and the bytes of each. */
const ZNODES = 100_000
/** The znodes of the tree of the first turn, in which the server compiles its code. */
const WARM_UP_ZNODES = 10_000
const PAYLOAD = 100
const SIBLINGS = 1000
const TREE = '/many'
/** The number of znodes that change while the connection is lost: one in a hundred. */
const CHANGED = 1000
/** Turns of caches, and of whole trees: a turn of those takes five minutes, most of it the clients that go from znode to znode. */
const TURNS = 3

const ZOOKIT: Command = nodeProcess('budget/programs/tree.js', ['--expose-gc'])
const CURATOR = (): Command => java('CuratorTree')
const CLI: Command = { file: process.execPath, args: [`${HOME}../packages/cli/dist/main.cjs`] }

/** Settings for a listing that is longer than the default allows. */
const SERVER = { ...AS_IN_PRODUCTION, properties: { 'jute.maxbuffer': String(16 * 1024 * 1024) } }

/** Starts a process, runs its steps, and ends it. */
async function inProcess<T>(
  command: Command,
  hosts: string,
  use: (run: (step: Step | { step: 'export'; path: string }) => Promise<Stepped>) => Promise<T>,
): Promise<T> {
  const child = new Child(command.args.at(-1)!, command)
  const run = (step: object) => child.ask<Stepped & { error?: string }>(step, 600)
  try {
    await run({ step: 'connect', hosts })
    return await use(run)
  } finally {
    await child.end()
  }
}

/** Makes the tree, if it is not there. */
async function plant(hosts: string, nodes: number): Promise<void> {
  const zk = await connect(hosts)
  const found = await zk.exists(TREE)
  await zk.close()
  if (found === null) await program('fill', { hosts, nodes, payload: PAYLOAD })
}

async function change(hosts: string, turn: number): Promise<void> {
  const zk = await connect(hosts)
  const data = Buffer.alloc(PAYLOAD, String(turn))
  const writes = Array.from({ length: CHANGED }, (_, index): WriteOperation => {
    const at = index * (ZNODES / CHANGED) + turn
    return { type: 'setData', path: `${TREE}/${Math.floor(at / SIBLINGS)}/${at % SIBLINGS}`, data }
  })
  await zk.multi(writes)
  await zk.close()
}

/** The results of one cache: until it is complete, and until it has what was changed while its connection was lost. */
interface Cached {
  first: Stepped
  again: number
}

/** Measures one cache in a process of its own. The link costs both the same. */
async function cached(command: Command, hosts: string, turn: number): Promise<Cached> {
  const relay = await Relay.start(hosts)
  try {
    return await inProcess(command, relay.hosts, async run => {
      const first = await run({ step: 'cache', path: TREE })
      await run({ step: 'arm', count: CHANGED })
      relay.cut()
      await change(hosts, turn)
      relay.mend()
      const { ms: again } = await run({ step: 'changed' })
      return { first, again }
    })
  } finally {
    await relay.stop()
  }
}

/** Measures caches of a tree beside CuratorCache, on one real server in turns. */
export async function treeCache(_: Budget): Promise<Bar[]> {
  const curator = CURATOR()
  await using server = await startServer(SERVER)
  const { hosts } = server
  await plant(hosts, ZNODES)
  const turns: { ours: Cached; theirs: Cached }[] = []
  for (let turn = 0; turn <= TURNS; turn++) {
    const ours = await cached(ZOOKIT, hosts, 2 * turn)
    const theirs = await cached(curator, hosts, 2 * turn + 1)
    // In the first turn the server compiles its code.
    if (turn > 0) turns.push({ ours, theirs })
  }
  const over = (of: (turn: (typeof turns)[number]) => number) => spreadOf(turns.map(of))
  const count = turns[0]!.ours.first.count!
  return [
    bar(
      'TreeCache of 100 000 znodes of 100 bytes: speed to `initialized` against CuratorCache',
      'at least',
      3,
      '×',
      over(({ ours, theirs }) => theirs.first.ms / ours.first.ms),
    ),
    bar(
      '  its time',
      'at most',
      null,
      'ms',
      over(({ ours }) => ours.first.ms),
    ),
    bar(
      '  memory of a znode, against CuratorCache',
      'at most',
      0.5,
      '×',
      over(({ ours, theirs }) => ours.first.bytes! / theirs.first.bytes!),
    ),
    bar(
      '  memory of a znode',
      'at most',
      null,
      'B',
      over(({ ours }) => ours.first.bytes! / count),
    ),
    bar(
      '  speed to the last of 1 000 changes that a reconnect has missed, against CuratorCache',
      'at least',
      5,
      '×',
      over(({ ours, theirs }) => theirs.again / ours.again),
    ),
    bar(
      '  its time',
      'at most',
      null,
      'ms',
      over(({ ours }) => ours.again),
    ),
  ]
}

/** Runs a process to its end. @returns milliseconds. */
function whole({ file, args, env }: Command, more: readonly string[]): number {
  const began = performance.now()
  execFileSync(file, [...args, ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  })
  return performance.now() - began
}

/** The clients that do the same znode by znode, and zkCli.sh. */
type Rival = 'kazoo' | 'curator' | 'zkCli'

interface Walked {
  each: number
  many: number
  walk: number
  export: number
  remove: number
  removeByCli: number
  rivals: Record<Rival, { walk?: number; export?: number; remove: number }>
}

async function walked(hosts: string, zkCli: Command, znodes: number): Promise<Walked> {
  const rivals = {} as Walked['rivals']
  const tree = { path: TREE }
  await plant(hosts, znodes)
  const walk = await inProcess(ZOOKIT, hosts, run => run({ step: 'walk', ...tree }))
  const each = await inProcess(ZOOKIT, hosts, run => run({ step: 'each', ...tree }))
  const many = await inProcess(ZOOKIT, hosts, run => run({ step: 'many', ...tree }))
  const exported = whole(CLI, ['--hosts', hosts, 'export', TREE, '--output', '/dev/null'])
  const { ms: remove } = await inProcess(ZOOKIT, hosts, run => run({ step: 'remove', ...tree }))
  await plant(hosts, znodes)
  const removeByCli = whole(CLI, ['--hosts', hosts, 'deleteall', TREE])
  const others = { kazoo: kazoo(sourceOf('kazoo-tree.py')), curator: CURATOR() }
  for (const [name, command] of Object.entries(others)) {
    await plant(hosts, znodes)
    await inProcess(command, hosts, async run => {
      rivals[name as Rival] = {
        walk: (await run({ step: 'walk', ...tree })).ms,
        export: (await run({ step: 'export', ...tree })).ms,
        remove: (await run({ step: 'remove', ...tree })).ms,
      }
    })
  }
  await plant(hosts, znodes)
  rivals.zkCli = { remove: whole(zkCli, ['-server', hosts, 'deleteall', TREE]) }
  return { each: each.ms, many: many.ms, walk: walk.ms, export: exported, remove, removeByCli, rivals }
}

/** Measures what visits or removes a whole tree, beside kazoo, Curator and zkCli.sh on one real server, in turns. */
export async function wholeTrees(_: Budget): Promise<Bar[]> {
  const installation = findInstallation(process.env)
  if (installation === undefined) return []
  const zkCli = zkCliOf(installation, process.env)
  await using server = await startServer(SERVER)
  const turns: Walked[] = []
  await walked(server.hosts, zkCli, WARM_UP_ZNODES)
  for (let turn = 0; turn < TURNS; turn++) turns.push(await walked(server.hosts, zkCli, ZNODES))
  const against = (
    what: string,
    name: Rival,
    step: 'walk' | 'export' | 'remove',
    own: 'removeByCli' | typeof step = step,
  ) =>
    bar(
      `${what} of 100 000 znodes: speed against ${name}`,
      'at least',
      5,
      '×',
      spreadOf(turns.map(turn => turn.rivals[name][step]! / turn[own])),
    )
  const time = (step: 'many' | 'walk' | 'export' | 'remove') =>
    bar('  its time', 'at most', null, 'ms', spreadOf(turns.map(turn => turn[step])))
  return [
    against('walk', 'kazoo', 'walk'),
    against('walk', 'curator', 'walk'),
    time('walk'),
    bar(
      'getMany of 100 000 znodes on a real server: speed against a getData each',
      'at least',
      null,
      '×',
      spreadOf(turns.map(({ each, many }) => each / many)),
    ),
    time('many'),
    against('zookit export', 'kazoo', 'export'),
    against('zookit export', 'curator', 'export'),
    time('export'),
    against('removeTree', 'kazoo', 'remove'),
    against('removeTree', 'curator', 'remove'),
    time('remove'),
    against('zookit deleteall', 'zkCli', 'remove', 'removeByCli'),
  ]
}
