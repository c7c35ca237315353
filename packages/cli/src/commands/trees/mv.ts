import {
  type ACL,
  counted,
  isEphemeral,
  MultiError,
  Perm,
  parentOf,
  type WriteOperation,
  type ZooKeeper,
} from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { CommandError, codeOf, inPlaceOf, isZooKeeperError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { inSteps } from '../../program/steps.ts'
import { copy, copyMissing, refuseInto } from './cp.ts'
import { INTERIM_DETAILS } from './interim.ts'
import { readAcl, readOriginals, type ZnodeRecord } from './records.ts'

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
    `A tree with a znode below which this session may delete nothing is refused, before anything is copied. With --steps: ${INTERIM_DETAILS[0]!.toLowerCase()}${INTERIM_DETAILS.slice(1)}`,
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
      await refuseUndeletable(context, zk, records)
      if (resume) await copyRest(context, from, to)
      else await copy(context, from, to, AT_A_TIME)
      await deleteCopied(context, zk, records)
    } else {
      const move = [...creates(records, from, to), ...deletes(records)]
      await zk
        .multi(move, context.limits)
        .catch(explainLock(to))
        .catch(explainChange('while it was read: nothing was moved. Run it again.'))
    }
    context.out.result({ from, to, moved: records.length }, () => `${counted(records.length, 'znode')} moved`)
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
  const message = `the tree is too large for one transaction: ${counted(records.length, 'znode')}, about ${bytes} bytes`
  throw new CommandError(message, ExitCode.failed, 'Move it with --steps: copied, then deleted.')
}

/**
 * Tries to delete a znode below each one whose ACL does not let everybody, in transactions that cannot succeed: each checks what
 * it has deleted.
 *
 * @throws CommandError if the originals could not be deleted once they are copied.
 */
async function refuseUndeletable(
  context: Context,
  zk: ZooKeeper,
  records: readonly ZnodeRecord[],
): Promise<void> {
  // One child of each of them is enough.
  const tried = new Map(records.map(({ path }) => [parentOf(path), path]))
  // The root is never moved.
  const above = parentOf(records[0]!.path)!
  const acls = [...records, { path: above, acl: (await readAcl(zk, above, context.limits, 'NO_AUTH')) ?? [] }]
  for (const { path, acl } of acls) if (acl.some(letsEverybodyDelete)) tried.delete(path)
  const children = [...tried.values()]
  while (children.length > 0)
    await Promise.all(
      children.splice(0, AT_A_TIME).map(async path => {
        const attempt: WriteOperation[] = [
          { type: 'delete', path },
          { type: 'check', path, version: -1 },
        ]
        const error = await zk.multi(attempt, context.limits).catch((error: unknown) => error)
        if (codeOf(error) === 'NO_AUTH') throw undeletable(error, path)
        if (!MultiError.is(error)) throw error
      }),
    )
}

function letsEverybodyDelete({ perms, id }: ACL): boolean {
  return id.scheme === 'world' && (perms & Perm.DELETE) !== 0
}

function undeletable(error: unknown, path: string): CommandError {
  const message = `this session may delete nothing below ${parentOf(path)} (NO_AUTH), so the tree cannot be moved: nothing was copied`
  const hint = 'Copy it with `cp`, or add an identity that has DELETE there: --auth-env, or `addauth`.'
  return new CommandError(message, ExitCode.noAuth, hint, isZooKeeperError(error) ? error : undefined)
}

/** Says what to do about a znode whose own ACL forbids to create those below it. */
function explainLock(to: string): (error: unknown) => never {
  return error => {
    const isBelow = MultiError.is(error) && error.type === 'create' && error.path !== to
    if (codeOf(error) !== 'NO_AUTH' || !isBelow) throw error
    const advice = 'The ACL of the znode above it forbids it once it is there. --steps sets that ACL last.'
    throw inPlaceOf(error, ExitCode.noAuth, advice)
  }
}

/** Copies what is missing. @throws CommandError where another znode is in the way: then nothing is deleted. */
async function copyRest(context: Context, from: string, to: string): Promise<void> {
  const { conflicts, leftOut } = await copyMissing(context, from, to)
  leftOut.end()
  if (conflicts.length === 0) return
  const { length } = conflicts
  const message = `${counted(length, 'znode')} ${length === 1 ? 'is' : 'are'} there with other data or another ACL, such as ${conflicts[0]}`
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
