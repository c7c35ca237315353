import type { CreateOptions, ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, optionalArgument, path, whole } from '../../program/definition.ts'
import { codeOf, UsageError } from '../../program/errors.ts'
import { parseAcl } from '../../text/acl.ts'

/** The milliseconds that servers take at most: nearly 35 years. */
const LONGEST_TTL = 2 ** 40 - 1

interface Kind {
  sequential: boolean
  ephemeral: boolean
  container: boolean
  ttl: number | undefined
}

export const create: Command = command({
  name: 'create',
  group: 'znodes',
  summary: 'Create a znode.',
  details: [
    'An ephemeral znode lives as long as the session: in the shell until `close`, else for this command only.',
  ],
  args: {
    path: path('the znode'),
    data: optionalArgument('its data. Default none'),
    acl: optionalArgument('its ACL, such as world:anyone:r,auth::cdrwa. Default world:anyone:cdrwa'),
  },
  options: {
    sequential: flag('let the server complete the name with a growing number', 's'),
    ephemeral: flag('let it end with the session', 'e'),
    container: flag('let the server delete it when its last child is gone', 'c'),
    ttl: whole('MS', 'let the server delete it after this time without a change or children', {
      short: 't',
      least: 1,
      most: LONGEST_TTL,
    }),
    parents: flag('create missing parents', 'p'),
  },
  examples: [
    ["zookit create /app/config 'v1'", 'a persistent znode'],
    ['zookit create -s /jobs/job- wash', '/jobs/job-0000000000'],
    ["zookit create /secret x 'world:anyone:r'", 'with an ACL'],
    ['zookit create -t 60000 /cache/entry x', 'a TTL znode, if the server has extendedTypesEnabled'],
  ],
  async run(context, { path, data = null, acl }, { parents, ...kind }) {
    const options = { ...optionsOf(kind), ...(acl !== undefined && { acl: parseAcl(acl) }) } as CreateOptions
    const zk = await context.client()
    const created = await createWithParents(context, zk, [path, data, options], parents)
    context.out.result({ path: created }, () => `Created ${created}`)
    if (kind.ephemeral && context.shell === null) {
      context.note(`${created} is ephemeral, and ends with this command: create it in the shell to keep it`)
    }
  },
})

function optionsOf({ sequential, ephemeral, container, ttl }: Kind): CreateOptions {
  if (container && (ephemeral || sequential))
    throw new UsageError('-c cannot be combined with -s or -e', 'Leave one out.')
  if (ttl !== undefined && (ephemeral || container))
    throw new UsageError('-t cannot be combined with -e or -c', 'Leave one out.')
  if (ttl !== undefined) return { mode: sequential ? 'ttl-sequential' : 'ttl', ttl }
  if (container) return { mode: 'container' }
  if (ephemeral) return { mode: sequential ? 'ephemeral-sequential' : 'ephemeral' }
  return { mode: sequential ? 'persistent-sequential' : 'persistent' }
}

type Request = readonly [path: string, data: string | null, options: CreateOptions]

async function createWithParents(
  { limits }: Context,
  zk: ZooKeeper,
  [path, data, options]: Request,
  parents: boolean,
): Promise<string> {
  const limited = { ...options, ...limits } as CreateOptions
  try {
    return await zk.create(path, data, limited)
  } catch (error) {
    if (!parents || codeOf(error) !== 'NO_NODE') throw error
    await zk.ensurePath(path.slice(0, path.lastIndexOf('/')) || '/', limits)
    return zk.create(path, data, limited)
  }
}
