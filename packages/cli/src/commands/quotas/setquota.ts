import type { ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, path, whole } from '../../program/definition.ts'
import { CommandError, noNode, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import {
  clientForQuotas,
  formatQuota,
  limitsPath,
  noQuota,
  type Quota,
  ROOT,
  readQuota,
  usagePath,
} from './quota.ts'

/** Limits are 64-bit at the servers. */
const most = Number.MAX_SAFE_INTEGER

export const setquota: Command = command({
  name: 'setquota',
  group: 'quotas',
  summary: 'Limit the znodes or the bytes of a tree.',
  details: [
    'A soft limit makes servers warn in their log; a hard one makes them refuse, from 3.7 on with enforceQuota=true.',
  ],
  args: { path: path('the root of the tree') },
  options: {
    count: whole('COUNT', 'the soft limit of znodes', { short: 'n', least: 1, most }),
    bytes: whole('BYTES', 'the soft limit of bytes', { short: 'b', most }),
    countHardLimit: whole('COUNT', 'the hard limit of znodes', { short: 'N', least: 1, most }),
    byteHardLimit: whole('BYTES', 'the hard limit of bytes', { short: 'B', most }),
  },
  examples: [['zookit setquota -n 1000 /app', 'a warning in the log of the servers beyond 1000 znodes']],
  async run(context, { path }, given) {
    const set = Object.entries(given).filter(([, value]) => value !== undefined)
    if (set.length === 0) throw new UsageError('there is no limit', 'Give -n, -b, -N or -B.')
    if (path === '/zookeeper' || path.startsWith('/zookeeper/')) {
      throw new UsageError("a quota cannot be set on ZooKeeper's own znodes, below /zookeeper")
    }
    const zk = await clientForQuotas(context)
    if ((await zk.exists(path, context.limits)) === null) throw noNode('exists', path)
    await refuseNested(context, zk, path)
    const before = await readQuota(zk, limitsPath(path), context.limits)
    const quota: Quota = { ...noQuota, ...before, ...Object.fromEntries(set) }
    await write(context, zk, path, quota, before === null)
    await warn(context, zk, path, quota)
    context.out.result({ path, quota }, () => '')
  },
})

async function write(
  context: Context,
  zk: ZooKeeper,
  path: string,
  quota: Quota,
  isNew: boolean,
): Promise<void> {
  if (!isNew) return void (await zk.setData(limitsPath(path), formatQuota(quota), context.limits))
  await zk.ensurePath(`${ROOT}${path}`, context.limits)
  await zk.create(limitsPath(path), formatQuota(quota), context.limits)
  // The server counts as soon as both are there.
  await zk.create(usagePath(path), formatQuota({ ...noQuota, count: 0, bytes: 0 }), context.limits)
}

/** Servers keep one quota on the way from the root to a znode. @throws CommandError. */
async function refuseNested(context: Context, zk: ZooKeeper, path: string): Promise<void> {
  const parts = path.split('/')
  for (let i = 2; i < parts.length; i++) {
    const ancestor = parts.slice(0, i).join('/')
    if ((await readQuota(zk, limitsPath(ancestor), context.limits)) !== null) throw nested(path, ancestor)
  }
  if ((await zk.exists(`${ROOT}${path}`, context.limits)) === null) return
  for await (const node of zk.walk(`${ROOT}${path}`, context.limits)) {
    const owner = node.path.slice(ROOT.length, node.path.lastIndexOf('/'))
    if (node.path.endsWith('/zookeeper_limits') && owner !== path) throw nested(path, owner)
  }
}

function nested(path: string, other: string): CommandError {
  const message = `${path} cannot have a quota: ${other} has one already, and quotas are not nested`
  return new CommandError(message, ExitCode.failed, `Take that one away: zookit delquota ${other}`)
}

async function warn(context: Context, zk: ZooKeeper, path: string, quota: Quota): Promise<void> {
  const usage = await readQuota(zk, usagePath(path), context.limits)
  if (usage === null) return
  const exceeds = (limit: number, used: number): boolean => limit > -1 && limit < used
  if (exceeds(quota.count, usage.count) || exceeds(quota.countHardLimit, usage.count)) {
    context.note(`the limit of znodes is below what is there: ${usage.count}`)
  }
  if (exceeds(quota.bytes, usage.bytes) || exceeds(quota.byteHardLimit, usage.bytes)) {
    context.note(`the limit of bytes is below what is there: ${usage.bytes}`)
  }
}
