import { counted, isEphemeral } from '@zookit/client'
import { type Command, command, optionalPath, whole } from '../../program/definition.ts'
import type { Output } from '../../program/output.ts'
import { formatSize } from '../../text/size.ts'
import { LeftOut } from './left-out.ts'
import { loadTree, type Tree, totalsOf } from './load-tree.ts'

export const tree: Command = command({
  name: 'tree',
  group: 'trees',
  summary: 'Draw a tree with the sizes of its data and the number of children.',
  args: { path: optionalPath('the root of the tree. Default /') },
  options: { depth: whole('LEVELS', 'levels below the root. Default all', { short: 'L' }) },
  examples: [
    ['zookit tree /app', 'all of it'],
    ['zookit tree -L 1', 'the children of the root'],
  ],
  async run(context, { path = '/' }, { depth = Infinity }) {
    const zk = await context.client()
    const leftOut = new LeftOut(context)
    const tree = await loadTree(zk, path, { limits: context.limits, leftOut, depth })
    if (context.out.json) printJson(context.out, tree, 0)
    else print(context.out, tree, path, depth)
    leftOut.end()
  },
})

function print(out: Output, tree: Tree, path: string, depth: number): void {
  const { znodes, bytes } = totalsOf(tree)
  const cut = depth < Infinity ? ` down to level ${depth}` : ''
  out.result(null, () =>
    [
      label(out, tree, path),
      ...draw(out, tree, ''),
      '',
      `${counted(znodes, 'znode')}, ${formatSize(bytes)}${cut}`,
    ].join('\n'),
  )
}

function printJson(out: Output, { path, stat, children }: Tree, depth: number): void {
  const { dataLength, numChildren } = stat
  out.result({ path, depth, dataLength, numChildren, ephemeral: isEphemeral(stat) }, () => '')
  for (const child of children) printJson(out, child, depth + 1)
}

function draw(out: Output, { children }: Tree, indent: string): string[] {
  return children.flatMap((child, i) => {
    const isLast = i === children.length - 1
    const line = `${indent}${isLast ? '└── ' : '├── '}${label(out, child, child.name)}`
    return [line, ...draw(out, child, `${indent}${isLast ? '    ' : '│   '}`)]
  })
}

function label(out: Output, { stat }: Tree, name: string): string {
  const facts = [
    stat.dataLength > 0 ? formatSize(stat.dataLength) : '',
    stat.numChildren > 0 ? counted(stat.numChildren, 'child', 'children') : '',
    isEphemeral(stat) ? 'ephemeral' : '',
  ].filter(fact => fact !== '')
  const styled =
    stat.numChildren > 0 ? out.style('bold', name) : isEphemeral(stat) ? out.style('yellow', name) : name
  return facts.length === 0 ? styled : `${styled} ${out.style('dim', `(${facts.join(', ')})`)}`
}
