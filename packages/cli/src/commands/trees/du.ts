import { type Command, command, flag, optionalPath, whole } from '../../program/definition.ts'
import { formatSize } from '../../text/size.ts'
import { formatTable } from '../../text/table.ts'
import { LeftOut } from './left-out.ts'
import { loadTree, type Totals, type Tree, totalsOf } from './load-tree.ts'

export const du: Command = command({
  name: 'du',
  group: 'trees',
  summary: 'Add up the data and the znodes of each tree below a znode, the largest first.',
  args: { path: optionalPath('the root of the tree. Default /') },
  options: {
    depth: whole('LEVELS', 'levels that are listed. Default 1', { short: 'L' }),
    count: flag('sort by the number of znodes'),
  },
  examples: [['zookit du /app', 'which of its children takes the most']],
  async run(context, { path = '/' }, { depth = 1, count }) {
    const zk = await context.client()
    const leftOut = new LeftOut(context)
    const rows = rowsOf(await loadTree(zk, path, { limits: context.limits, leftOut }), depth)
    rows.sort((a, b) => (count ? b.znodes - a.znodes : b.bytes - a.bytes) || (a.path < b.path ? -1 : 1))
    if (context.out.json) for (const row of rows) context.out.result(row, () => '')
    else context.out.result(null, () => table(rows))
    leftOut.end()
  },
})

type Row = Totals & { readonly path: string }

function rowsOf(tree: Tree, depth: number): Row[] {
  const below = depth > 0 ? tree.children.flatMap(child => rowsOf(child, depth - 1)) : []
  return [{ path: tree.path, ...totalsOf(tree) }, ...below]
}

function table(rows: readonly Row[]): string {
  return formatTable(
    ['bytes', 'znodes', 'path'],
    rows.map(({ bytes, znodes, path }) => [formatSize(bytes), String(znodes), path]),
    ['right', 'right', 'left'],
  )
}
