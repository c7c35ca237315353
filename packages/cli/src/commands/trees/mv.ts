import { isEphemeral, type WriteOperation, type ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { CommandError, codeOf, inPlaceOf } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { inSteps } from '../../program/steps.ts'
import { copy, copyMissing, refuseInto } from './cp.ts'
import { readOriginals, type ZnodeRecord } from './records.ts'

/** Bytes of a transaction that every server takes: `jute.maxbuffer` is a megabyte, and names take some of it. */
const MOST_BYTES = 800_000
const MOST_ZNODES = 1000
/** Requests in flight, or deletes in one transaction. */
const AT_A_TIME = 32

export const mv: Command = command({
  name: 'mv',
  group: 'trees',
  summary: 'Move a znode and all below it, in one transaction.',
  details: [
    'Nothing is lost: it fails as a whole if somebody changes the tree meanwhile. A tree that is too large for one transaction is moved with --steps: copied, then deleted as it was copied, not atomically. What somebody changes meanwhile is not deleted. --resume goes on with such a move that was cut off.',
  ],
  args: { from: path('the tree'), to: path('its new path, which must not exist; its parent must') },
  options: {
    steps: flag('copy first, then delete'),
    resume: flag('go on with a move in steps that was cut off'),
  },
  examples: [
    ['zookit mv /app/old /app/new', 'all or nothing'],
    ['zookit mv --steps /app /app-old', 'a large tree'],
  ],
  async run(context, { from, to }, { steps: inTwo, resume }) {
    const steps = inTwo || resume
    refuseInto(from, to, 'moved')
    const zk = await context.client()
    const records: ZnodeRecord[] = []
    for await (const record of readOriginals(zk, from, context)) records.push(record)
    refuse(records, steps)
    if (steps) {
      if (resume) await copyRest(context, from, to)
      else await copy(context, from, to, AT_A_TIME)
      await deleteCopied(context, zk, records)
    } else {
      const move = [...creates(records, from, to), ...deletes(records)]
      await zk
        .multi(move, context.limits)
        .catch(explainChange('while it was read: nothing was moved. Run it again.'))
    }
    context.out.result({ from, to, moved: records.length }, () => `${records.length} znodes moved`)
  },
})

function refuse(records: readonly ZnodeRecord[], steps: boolean): void {
  const ephemeral = records.find(({ stat }) => isEphemeral(stat))
  if (ephemeral !== undefined) {
    const message = `${ephemeral.path} is ephemeral: it belongs to its session, and cannot be moved`
    throw new CommandError(message, ExitCode.failed, 'Copy the rest with `cp`.')
  }
  const bytes = records.reduce((sum, { path, data }) => sum + 2 * path.length + (data?.length ?? 0) + 100, 0)
  if (steps || (records.length <= MOST_ZNODES && bytes <= MOST_BYTES)) return
  const message = `the tree is too large for one transaction: ${records.length} znodes, about ${bytes} bytes`
  throw new CommandError(message, ExitCode.failed, 'Move it with --steps: copied, then deleted.')
}

/** Copies what is missing. @throws CommandError where another znode is in the way: then nothing is deleted. */
async function copyRest(context: Context, from: string, to: string): Promise<void> {
  const { conflicts } = await copyMissing(context, from, to)
  if (conflicts.length === 0) return
  const message = `${conflicts.length} znodes are there with other data or another ACL, such as ${conflicts[0]}`
  throw new CommandError(
    message,
    ExitCode.failed,
    `Nothing was deleted. Compare: \`zookit diff ${from} ${to}\`.`,
  )
}

/** Deletes the originals, children first. What was changed since it was read stays, with all above it. */
async function deleteCopied(context: Context, zk: ZooKeeper, records: readonly ZnodeRecord[]): Promise<void> {
  const left = deletes(records)
  const advice = 'The copy is whole, and a part may be deleted: --resume goes on.'
  const changed = 'since it was copied. Look with `zookit diff`, make them equal, and go on with --resume.'
  await inSteps(context, advice, async () => {
    while (left.length > 0)
      await zk.multi(left.splice(0, AT_A_TIME), context.limits).catch(explainChange(changed))
  })
}

/** Says what a znode that is not as it was read means. */
function explainChange(when: string): (error: unknown) => never {
  return error => {
    if (!['BAD_VERSION', 'NOT_EMPTY'].includes(codeOf(error) ?? '')) throw error
    throw inPlaceOf(error, ExitCode.failed, `Somebody has changed it ${when}`)
  }
}

function creates(records: readonly ZnodeRecord[], from: string, to: string): WriteOperation[] {
  return records.map(({ path, data, acl }) => ({
    type: 'create',
    path: `${to}${path.slice(from.length)}`,
    data,
    acl,
  }))
}

/** Children come first. A version that is not that of the record any more fails the whole. */
function deletes(records: readonly ZnodeRecord[]): WriteOperation[] {
  return records.toReversed().map(({ path, stat }) => ({ type: 'delete', path, version: stat.version }))
}
