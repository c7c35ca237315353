import { type Command, command, flag, path } from '../../program/definition.ts'
import { aclToJson, formatAclLines } from '../../text/acl.ts'
import { formatStat } from '../../text/stat.ts'

export const getAcl: Command = command({
  name: 'getAcl',
  group: 'znodes',
  summary: 'Print the ACL of a znode.',
  args: { path: path('the znode') },
  options: { stat: flag('also print the Stat', 's') },
  examples: [['zookit getAcl /app', "two lines an entry, such as 'world,'anyone and : cdrwa"]],
  async run(context, { path }, { stat: withStat }) {
    const zk = await context.client()
    const { acl, stat } = await zk.getAcl(path, context.limits)
    context.out.result({ path, acl: aclToJson(acl), ...(withStat && { stat }) }, () => {
      return withStat ? `${formatAclLines(acl)}\n${formatStat(stat)}` : formatAclLines(acl)
    })
  },
})
