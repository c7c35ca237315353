import type { ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { CommandError, codeOf } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { clientForQuotas, formatQuota, limitsPath, type Quota, ROOT, readQuota, usagePath } from './quota.ts'

export const delquota: Command = command({
  name: 'delquota',
  group: 'quotas',
  summary: 'Take limits of a tree away: those that are named, or all of them.',
  args: { path: path('the root of the tree') },
  options: {
    count: flag('the soft limit of znodes', 'n'),
    bytes: flag('the soft limit of bytes', 'b'),
    countHardLimit: flag('the hard limit of znodes', 'N'),
    byteHardLimit: flag('the hard limit of bytes', 'B'),
  },
  examples: [
    ['zookit delquota /app', 'no quota any more'],
    ['zookit delquota -n /app', 'the others stay'],
  ],
  async run(context, { path }, named) {
    const zk = await clientForQuotas(context)
    const quota = await readQuota(zk, limitsPath(path), context.limits)
    if (quota === null) throw new CommandError(`${path} has no quota`, ExitCode.noNode)
    const names = (Object.keys(named) as (keyof Quota)[]).filter(name => named[name])
    if (names.length === 0) await removeAll(context, zk, path)
    for (const name of names) quota[name] = -1
    if (names.length > 0) await zk.setData(limitsPath(path), formatQuota(quota), context.limits)
    context.out.result({ path, removed: names.length === 0 ? 'all' : names }, () => '')
  },
})

/** Deletes both znodes, and those above them that have no other child. */
async function removeAll({ limits }: Context, zk: ZooKeeper, path: string): Promise<void> {
  await zk.transaction().delete(limitsPath(path)).delete(usagePath(path)).commit(limits)
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    try {
      await zk.delete(`${ROOT}${at}`, limits)
    } catch (error) {
      if (codeOf(error) === 'NOT_EMPTY') return
      throw error
    }
  }
}
