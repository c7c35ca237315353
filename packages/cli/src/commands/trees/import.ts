import { formatAcl, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, optionalArgument, text } from '../../program/definition.ts'
import { codeOf, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { type DumpedZnode, readDump } from './dump-line.ts'

/** Fate of a znode of the file. */
type Fate = 'created' | 'updated' | 'unchanged' | 'conflict' | 'ephemeral'

const MARKS: Readonly<Record<Fate, string>> = {
  created: '+',
  updated: '~',
  unchanged: '=',
  conflict: '!',
  ephemeral: '-',
}

export const importTree: Command = command({
  name: 'import',
  group: 'trees',
  summary: 'Create the znodes of an export.',
  details: [
    'Run it again after a failure: znodes that are there as the file has them are left as they are. One that differs is a conflict, which it leaves alone and ends with 1, unless --overwrite is given. Ephemeral znodes are left out: they belonged to a session.',
  ],
  args: { file: optionalArgument('the file. Default standard input', 'file') },
  options: {
    from: text('PATH', 'the prefix of the paths in the file that --to replaces. Default /'),
    to: text('PATH', 'where to put the znodes below --from. Missing parents are created'),
    overwrite: flag('change znodes that differ'),
    dryRun: flag('change nothing: tell what would be done'),
    quiet: flag('print the sums only', 'q'),
  },
  examples: [
    ['zookit import app.ndjson --dry-run', 'what would be created'],
    ['zookit import app.ndjson --from /app --to /copy', 'under another path'],
  ],
  async run(context, { file }, { from = '/', to, overwrite, dryRun, quiet }) {
    for (const path of [from, to ?? '/'])
      if (!path.startsWith('/')) throw new UsageError(`a path begins with '/': '${path}'`)
    const zk = await context.client()
    const counts: Record<Fate, number> = { created: 0, updated: 0, unchanged: 0, conflict: 0, ephemeral: 0 }
    const target = { overwrite, dryRun, isFirst: true }
    for await (const znode of readDump(file, context.io.stdin)) {
      const path = moved(znode.path, from, to)
      if (path === null) continue
      const fate = await place(context, zk, { ...znode, path }, target)
      target.isFirst = false
      counts[fate]++
      if (!quiet && fate !== 'unchanged')
        context.out.result({ path, [dryRun ? 'would' : 'done']: fate }, () => `${MARKS[fate]} ${path}`)
      await context.out.drained()
    }
    context.out.result({ dryRun, ...counts }, () => sums(counts, dryRun))
    return counts.conflict > 0 ? ExitCode.no : ExitCode.done
  },
})

function sums(counts: Readonly<Record<Fate, number>>, dryRun: boolean): string {
  const parts = Object.entries(counts).map(([fate, count]) => `${count} ${fate}`)
  return `${dryRun ? 'would be: ' : ''}${parts.join(', ')}`
}

/** Returns the path under which a znode of the file is put, or null for one that is not below `from`. */
function moved(path: string, from: string, to: string | undefined): string | null {
  if (to === undefined && from === '/') return path
  const rest =
    from === '/' ? path : path === from ? '' : path.startsWith(`${from}/`) ? path.slice(from.length) : null
  if (rest === null) return null
  return `${to === undefined ? from : to === '/' ? '' : to}${rest === '/' ? '' : rest}` || '/'
}

interface Settings {
  readonly overwrite: boolean
  readonly dryRun: boolean
  /** True for the first znode: the parents of the others come from the file. */
  readonly isFirst: boolean
}

async function place(context: Context, zk: ZooKeeper, znode: DumpedZnode, settings: Settings): Promise<Fate> {
  if (znode.ephemeral !== null) return 'ephemeral'
  const there = await read(context, zk, znode.path)
  if (there === null) return create(context, zk, znode, settings)
  const [isSameData, isSameAcl] = [
    same(there.data, znode.data),
    formatAcl(there.acl) === formatAcl(znode.acl),
  ]
  if (isSameData && isSameAcl) return 'unchanged'
  if (!settings.overwrite) return 'conflict'
  if (settings.dryRun) return 'updated'
  if (!isSameData) await zk.setData(znode.path, znode.data, { ...context.limits, version: there.version })
  if (!isSameAcl) await zk.setAcl(znode.path, znode.acl, context.limits)
  return 'updated'
}

async function create(
  { limits }: Context,
  zk: ZooKeeper,
  { path, data, acl }: DumpedZnode,
  { dryRun, isFirst }: Settings,
): Promise<Fate> {
  if (dryRun) return 'created'
  if (isFirst && path.lastIndexOf('/') > 0) await zk.ensurePath(path.slice(0, path.lastIndexOf('/')), limits)
  await zk.create(path, data, { ...limits, acl })
  return 'created'
}

async function read(
  { limits }: Context,
  zk: ZooKeeper,
  path: string,
): Promise<(Pick<DumpedZnode, 'data' | 'acl'> & { version: number }) | null> {
  try {
    const [{ data, stat }, { acl }] = await Promise.all([zk.getData(path, limits), zk.getAcl(path, limits)])
    return { data, acl, version: stat.version }
  } catch (error) {
    if (codeOf(error) === 'NO_NODE') return null
    throw error
  }
}

/** Returns true for the same bytes. Null differs from empty. */
function same(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b)
}
