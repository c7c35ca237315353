import { counted, isEphemeral } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, path, whole } from '../../program/definition.ts'
import { codeOf, inPlaceOf, isZooKeeperError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { inSteps } from '../../program/steps.ts'
import { INTERIM_DETAILS, tellInterim } from './interim.ts'
import { LeftOut } from './left-out.ts'
import { Placing, type WantedZnode, withParents } from './place.ts'
import { notShownWhole, readOriginals, type ZnodeRecord } from './records.ts'

export const cp: Command = command({
  name: 'cp',
  group: 'trees',
  summary: 'Copy a znode and all below it, with data and ACLs.',
  details: [
    'Ephemeral znodes are left out. It is not atomic: a failure leaves a part copied, and --resume copies the rest. A znode that is there with other data or another ACL is a conflict, which --resume leaves alone and ends with 1.',
    INTERIM_DETAILS,
  ],
  args: { from: path('the tree'), to: path('the copy, which must not exist; its parent must') },
  options: {
    batch: whole('COUNT', 'how many requests are in flight at a time. Default 32', { least: 1 }),
    resume: flag('go on with a copy that was cut off'),
  },
  examples: [
    ['zookit cp /app /app-before', 'before a change'],
    ['zookit cp --resume /app /app-before', 'what is missing of it'],
  ],
  async run(context, { from, to }, { batch = 32, resume }) {
    refuseInto(from, to, 'copied')
    const copied = resume
      ? await copyMissing(context, from, to)
      : {
          created: await copy(context, from, to, batch),
          unchanged: 0,
          conflicts: [],
          leftOut: new LeftOut(context),
        }
    for (const conflict of copied.conflicts)
      context.out.result({ path: conflict, done: 'conflict' }, () => `! ${conflict}`)
    const { created, unchanged, conflicts } = copied
    context.out.result({ from, to, copied: created, unchanged, conflicts: conflicts.length }, () =>
      summary(copied),
    )
    copied.leftOut.end()
    return conflicts.length > 0 ? ExitCode.no : ExitCode.done
  },
})

/** Refuses to put a tree into itself, where it would grow each time. @throws UsageError. */
export function refuseInto(from: string, to: string, done: 'copied' | 'moved'): void {
  if (to === from || to.startsWith(`${from}/`) || from === '/')
    throw new UsageError(
      `${from} cannot be ${done} to ${to}, which is in it`,
      'Name a place outside of the tree.',
    )
}

/** Result of a copy. */
interface Copied {
  readonly created: number
  readonly unchanged: number
  /** Paths of the copy at which another znode is. */
  readonly conflicts: readonly string[]
  /** Znodes of the copy that must not be read, which it leaves as they are. */
  readonly leftOut: LeftOut
}

function summary({ created, unchanged, conflicts }: Copied): string {
  const known = unchanged > 0 ? [`${unchanged} ${unchanged === 1 ? 'was' : 'were'} there`] : []
  const differ =
    conflicts.length > 0 ? [`${conflicts.length} ${conflicts.length === 1 ? 'differs' : 'differ'}`] : []
  return [`${counted(created, 'znode')} copied`, ...known, ...differ].join(', ')
}

/** Copies a tree to where nothing is. @returns the number of znodes. */
export async function copy(context: Context, from: string, to: string, concurrency: number): Promise<number> {
  const zk = await context.client()
  try {
    return await inSteps(
      context,
      `A part may be copied: --resume copies the rest, and sets the ACLs that come last.`,
      () => zk.copyTree(from, to, { ...context.limits, concurrency, onInterim: tellInterim(context) }),
    )
  } catch (error) {
    if (isZooKeeperError(error) && error.operation === 'copyTree' && error.code === 'NO_AUTH')
      throw notShownWhole(error.path ?? from)
    if (codeOf(error) !== 'NODE_EXISTS') throw error
    const advice = `Take another place, delete it with \`zookit deleteall ${to}\`, or go on with a copy that was cut off: --resume.`
    throw inPlaceOf(error, ExitCode.failed, advice)
  }
}

/** Copies what is missing of a tree. */
export async function copyMissing(context: Context, from: string, to: string): Promise<Copied> {
  const zk = await context.client()
  const placing = new Placing(zk, context)
  const conflicts: string[] = []
  const counts = { created: 0, updated: 0, unchanged: 0, conflict: 0, unread: 0 }
  await inSteps(context, 'A part may be copied: run it again for the rest.', async () => {
    for await (const znode of withParents(copiesOf(readOriginals(zk, from, context), from, to))) {
      const fate = await placing.place(znode, { overwrite: false, parents: false })
      counts[fate]++
      if (fate === 'conflict') conflicts.push(znode.path)
    }
    await placing.finish()
  })
  const { leftOut } = placing
  return { created: counts.created, unchanged: counts.unchanged + counts.updated, conflicts, leftOut }
}

/** Gives the znodes of a tree the paths of their copies. Ephemeral ones are left out. */
async function* copiesOf(
  records: AsyncIterable<ZnodeRecord>,
  from: string,
  to: string,
): AsyncGenerator<Omit<WantedZnode, 'isParent'>, void, undefined> {
  for await (const { path, data, acl, stat } of records)
    if (!isEphemeral(stat)) yield { path: `${to}${path.slice(from.length)}`, data, acl }
}
