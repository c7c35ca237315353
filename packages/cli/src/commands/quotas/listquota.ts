import { type Command, command, path } from '../../program/definition.ts'
import { CommandError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { clientForQuotas, formatQuota, limitsPath, noQuota, readQuota, usagePath } from './quota.ts'

export const listquota: Command = command({
  name: 'listquota',
  group: 'quotas',
  summary: 'Print the limits of a tree and what it uses. -1 is no limit.',
  args: { path: path('the root of the tree') },
  examples: [['zookit listquota /app', 'its limits and its usage']],
  async run(context, { path }) {
    const zk = await clientForQuotas(context)
    const quota = await readQuota(zk, limitsPath(path), context.limits)
    if (quota === null)
      throw new CommandError(`${path} has no quota`, ExitCode.noNode, 'Set one with `zookit setquota`.')
    const usage = (await readQuota(zk, usagePath(path), context.limits)) ?? noQuota
    const { count, bytes } = usage
    context.out.result({ path, quota, usage: { count, bytes } }, () =>
      [
        `Output quota for ${path} ${formatQuota(quota)}`,
        `Output stat for ${path} ${formatQuota(usage)}`,
      ].join('\n'),
    )
  },
})
