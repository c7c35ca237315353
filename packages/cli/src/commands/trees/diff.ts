import { type ACL, formatAcl, isEphemeral, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { argument, type Command, command, flag, text } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { LazyClient } from '../../target/client.ts'
import { readDump } from './dump-line.ts'
import { LeftOut } from './left-out.ts'
import { readRecords } from './records.ts'

/** Parts of a znode that are compared. */
interface Side {
  readonly data: Buffer | null
  readonly acl: readonly ACL[]
}

/** A tree. */
interface Loaded {
  /** Its znodes by their paths below its root. */
  readonly znodes: ReadonlyMap<string, Side>
  /** Znodes that must not be read: neither they nor what is below them is compared. */
  readonly leftOut: LeftOut
  readonly root: string
}

export const diff: Command = command({
  name: 'diff',
  group: 'trees',
  summary: 'Compare two trees: of one ensemble, of two, or of a file that export wrote.',
  details: [
    'Prints a line for each znode that differs: `-` is in the first tree only, `+` in the second only, `~` in both with other data or another ACL. Ends with 1 if there are any. Ephemeral znodes are not compared.',
  ],
  args: {
    first: argument('a path, or file:NAME', 'path'),
    second: argument('a path, or file:NAME', 'path'),
  },
  options: {
    other: text('HOSTS', 'the servers of the second tree, if they are others'),
    otherEnsemble: text('NAME', 'the ensemble of the second tree, by its name in the configuration file'),
    ignoreAcl: flag('compare the data only'),
  },
  examples: [
    ['zookit diff /app /app-before', 'two trees'],
    ['zookit diff /app /app --other zk-new:2181', 'two ensembles'],
    ['zookit diff file:app.ndjson /app', 'a file and a tree'],
  ],
  async run(context, { first, second }, { other, otherEnsemble, ignoreAcl }) {
    const there = new LazyClient(
      { ...context.globals, hosts: other, ensemble: otherEnsemble },
      context.io.env,
    )
    const isElsewhere = other !== undefined || otherEnsemble !== undefined
    try {
      const [left, right] = await Promise.all([
        load(context, first, () => context.client()),
        load(context, second, () => (isElsewhere ? there.get(context.signal) : context.client())),
      ])
      const count = print(context, left, right, ignoreAcl)
      LeftOut.end(left.leftOut, right.leftOut)
      return count > 0 ? ExitCode.no : ExitCode.done
    } finally {
      await there.close()
    }
  },
})

async function load(context: Context, from: string, client: () => Promise<ZooKeeper>): Promise<Loaded> {
  const znodes = new Map<string, Side>()
  const leftOut = new LeftOut(context)
  if (from.startsWith('file:')) {
    let root: string | undefined
    for await (const znode of readDump(from.slice('file:'.length))) {
      root ??= znode.path
      if (znode.ephemeral === null) znodes.set(below(znode.path, root), znode)
    }
    return { znodes, leftOut, root: root ?? '/' }
  }
  if (!from.startsWith('/')) throw new UsageError(`a tree is a path or file:NAME, not '${from}'`)
  for await (const record of readRecords(await client(), from, { limits: context.limits, leftOut })) {
    if (!isEphemeral(record.stat)) znodes.set(below(record.path, from), record)
  }
  return { znodes, leftOut, root: from }
}

function below(path: string, root: string): string {
  return root === '/' ? path : path.slice(root.length) || '/'
}

function print({ out }: Context, left: Loaded, right: Loaded, ignoreAcl: boolean): number {
  let count = 0
  for (const path of [...new Set([...left.znodes.keys(), ...right.znodes.keys()])].sort()) {
    if (isLeftOut(left, path) || isLeftOut(right, path)) continue
    const [a, b] = [left.znodes.get(path), right.znodes.get(path)]
    const differs = a && b ? partsThatDiffer(a, b, ignoreAcl) : []
    if (a && b && differs.length === 0) continue
    count++
    const mark = !b ? '-' : !a ? '+' : '~'
    const color = !b ? 'red' : !a ? 'green' : 'yellow'
    out.result(
      { path, in: !b ? 'first' : !a ? 'second' : 'both', ...(differs.length > 0 && { differs }) },
      () => out.style(color, `${mark} ${path}${differs.length > 0 ? ` (${differs.join(', ')})` : ''}`),
    )
  }
  return count
}

function isLeftOut({ leftOut, root }: Loaded, path: string): boolean {
  return leftOut.has(path === '/' ? root : `${root === '/' ? '' : root}${path}`)
}

function partsThatDiffer(a: Side, b: Side, ignoreAcl: boolean): string[] {
  const isSameData = a.data === null || b.data === null ? a.data === b.data : a.data.equals(b.data)
  const isSameAcl = ignoreAcl || formatAcl(a.acl) === formatAcl(b.acl)
  return [...(isSameData ? [] : ['data']), ...(isSameAcl ? [] : ['acl'])]
}
