import { isEphemeral, nameOf, type Stat, type TreeNode } from '@zookit/client'
import picomatch from 'picomatch'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, optionalPath, parsed, text } from '../../program/definition.ts'
import { codeOf, UsageError } from '../../program/errors.ts'
import { regularExpression } from '../../text/pattern.ts'
import { parseDuration, parseSize } from '../../text/size.ts'
import { LeftOut } from './left-out.ts'

export const find: Command = command({
  name: 'find',
  group: 'trees',
  summary: 'Find znodes by name, owner, age, size or data. All conditions must hold.',
  args: { path: optionalPath('the root of the search. Default /') },
  options: {
    name: text('GLOB', "the last part of the path, such as 'job-*'"),
    path: text('GLOB', "the whole path, such as '/app/*/config' or '/app/**/lock-*'"),
    data: text('REGEX', 'the data, as UTF-8'),
    ephemeral: flag('ephemeral znodes only'),
    owner: text('SESSION', 'ephemeral znodes of this session, 0x and hexadecimal digits'),
    older: parsed('DURATION', 'changed longer ago than 90s, 15m, 12h, 7d', parseDuration),
    newer: parsed('DURATION', 'changed since 90s, 15m, 12h, 7d', parseDuration),
    larger: parsed('SIZE', 'with more data than 512, 10k, 2M', parseSize),
    smaller: parsed('SIZE', 'with less data than 512, 10k, 2M', parseSize),
    childless: flag('without children'),
  },
  examples: [
    ["zookit find /app --name 'job-*' --older 7d", 'jobs that nobody has touched for a week'],
    ['zookit find / --ephemeral --owner 0x10000ce8e750043', 'what a session holds'],
    ['zookit find / --larger 100k', 'what should not be in ZooKeeper'],
  ],
  async run(context, { path = '/' }, options) {
    const matches = conditionOf(options, Date.now())
    const pattern = options.data === undefined ? undefined : regularExpression('--data', options.data)
    const zk = await context.client()
    const leftOut = new LeftOut(context)
    const print = async ({ path, stat }: TreeNode): Promise<void> => {
      context.out.result({ path, stat }, () => path)
      await context.out.drained()
    }
    const printAll = async (nodes: readonly TreeNode[]): Promise<void> => {
      const found = await searchData(context, nodes, pattern!, leftOut)
      for (const node of found) await print(node)
    }
    let waiting: TreeNode[] = []
    for await (const node of zk.walk(path, { ...context.limits, onDenied: leftOut.add })) {
      if (!matches(node.path, node.stat)) continue
      if (pattern === undefined) {
        await print(node)
        continue
      }
      waiting.push(node)
      if (waiting.length < TOGETHER) continue
      await printAll(waiting)
      waiting = []
    }
    if (waiting.length > 0) await printAll(waiting)
    leftOut.end()
  },
})

/** The znodes whose data are searched together. */
const TOGETHER = 128

interface Conditions {
  name: string | undefined
  path: string | undefined
  ephemeral: boolean
  owner: string | undefined
  older: number | undefined
  newer: number | undefined
  larger: number | undefined
  smaller: number | undefined
  childless: boolean
}

type Condition = (path: string, stat: Stat) => boolean

/** Makes one condition of those that are given. */
function conditionOf({ name, path, ephemeral, owner, ...more }: Conditions, now: number): Condition {
  const { older, newer, larger, smaller, childless } = more
  refuseVain(name, path)
  const [isName, isPath] = [glob(name), glob(path)]
  const session = owner === undefined ? undefined : sessionOf(owner)
  const all: (Condition | false)[] = [
    isName !== undefined && (at => isName(nameOf(at))),
    isPath !== undefined && isPath,
    ephemeral && ((_, stat) => isEphemeral(stat)),
    session !== undefined && ((_, stat) => BigInt.asUintN(64, stat.ephemeralOwner) === session),
    older !== undefined && ((_, stat) => now - stat.mtime > older),
    newer !== undefined && ((_, stat) => now - stat.mtime <= newer),
    larger !== undefined && ((_, stat) => stat.dataLength > larger),
    smaller !== undefined && ((_, stat) => stat.dataLength < smaller),
    childless && ((_, stat) => stat.numChildren === 0),
  ]
  const given = all.filter(each => each !== false)
  return (at, stat) => given.every(condition => condition(at, stat))
}

/** Refuses patterns that no path has, whatever the tree. @throws UsageError. */
function refuseVain(name: string | undefined, path: string | undefined): void {
  if (name?.includes('/'))
    throw new UsageError(`--name is the last part of a path, without '/': '${name}'`, 'Use --path.')
  if (path !== undefined && /^[\w.-]/.test(path))
    throw new UsageError(`--path is a whole path, which begins with '/': '${path}'`, 'Or use --name.')
}

function glob(pattern: string | undefined): ((text: string) => boolean) | undefined {
  if (pattern === undefined) return undefined
  const matches = picomatch(pattern, { dot: true })
  // A second argument would make it return an object.
  return text => matches(text)
}

function sessionOf(text: string): bigint {
  // Znodes that are not ephemeral have the owner 0.
  if (/^0x(?!0+$)[0-9a-f]{1,16}$/i.test(text)) return BigInt(text)
  throw new UsageError(`--owner is a session id such as 0x10000ce8e750043, not '${text}'`)
}

/** Returns the znodes whose data match. */
async function searchData(
  context: Context,
  nodes: readonly TreeNode[],
  pattern: RegExp,
  leftOut: LeftOut,
): Promise<TreeNode[]> {
  const data = await readData(context, nodes, leftOut)
  return nodes.filter((_, index) => data[index] !== null && pattern.test(data[index]!.toString()))
}

/** Reads the data of znodes; null where there is no znode, or it must not be read. */
async function readData(
  context: Context,
  nodes: readonly TreeNode[],
  leftOut: LeftOut,
): Promise<(Buffer | null)[]> {
  const zk = await context.client()
  const paths = nodes.map(({ path }) => path)
  try {
    const found = await zk.getMany(paths, { ...context.limits, stat: false })
    return found.map(znode => znode && (znode.data ?? Buffer.alloc(0)))
  } catch (error) {
    if (codeOf(error) !== 'NO_AUTH') throw error
    if (nodes.length === 1) {
      leftOut.add(paths[0]!)
      return [null]
    }
  }
  return (await Promise.all(nodes.map(node => readData(context, [node], leftOut)))).flat()
}
