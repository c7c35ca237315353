import { argument, type Command, command, flag, path, whole } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { inSteps } from '../../program/steps.ts'
import { parseAcl } from '../../text/acl.ts'
import { formatStat } from '../../text/stat.ts'

export const setAcl: Command = command({
  name: 'setAcl',
  group: 'znodes',
  summary: 'Change the ACL of a znode.',
  details: [
    'An entry is scheme:id:perms with letters of cdrwa: create, delete, read, write, admin. The entry auth::PERMS stands for every identity of this session. Once no entry has `a`, nobody but the superuser can change the ACL again.',
  ],
  args: { path: path('the znode'), acl: argument('the new ACL: entries, separated by commas') },
  options: {
    stat: flag('print the new Stat', 's'),
    version: whole('VERSION', 'change it only if the ACL has this version', { short: 'v', least: -1 }),
    recursive: flag('change all znodes below it, too', 'R'),
  },
  examples: [
    [
      'zookit --auth-env ZK_AUTH setAcl /app auth::cdrwa,world:anyone:r',
      'with ZK_AUTH=digest:user:password: that user may do everything, the others may read',
    ],
    ['zookit --auth-env ZK_AUTH setAcl -R /app auth::cdrwa,world:anyone:r', 'the whole tree'],
    ['zookit --auth-env ZK_AUTH setAcl -R /app world:anyone:cdrwa', 'everything to everybody again'],
  ],
  async run(context, { path, acl: text }, { stat: withStat, version = -1, recursive }) {
    const acl = parseAcl(text)
    if (recursive && version !== -1)
      throw new UsageError('-R and -v exclude each other: every znode has its own version')
    const zk = await context.client()
    const limits = { ...context.limits, version }
    if (!recursive) {
      const stat = await zk.setAcl(path, acl, limits)
      return context.out.result({ path, stat }, () => (withStat ? formatStat(stat) : ''))
    }
    const advice = `A part of ${path} may have the new ACL: run it again for the rest.`
    let changed = 0
    await inSteps(context, advice, async () => {
      for await (const node of zk.walk(path, context.limits)) {
        await zk.setAcl(node.path, acl, limits)
        changed++
      }
    })
    context.out.result({ path, changed }, () => '')
  },
})
