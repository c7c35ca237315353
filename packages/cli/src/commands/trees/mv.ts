import { isEphemeral, type WriteOperation } from '@zookit/client'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { CommandError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { readRecords, type ZnodeRecord } from './records.ts'

/** Bytes of a transaction that every server takes: `jute.maxbuffer` is a megabyte, and names take some of it. */
const MOST_BYTES = 800_000
const MOST_ZNODES = 1000

export const mv: Command = command({
  name: 'mv',
  group: 'trees',
  summary: 'Move a znode and all below it, in one transaction.',
  details: [
    'Nothing is lost: it fails as a whole if somebody changes the tree meanwhile. A tree that is too large for one transaction is moved with --steps: copied, then deleted, not atomically.',
  ],
  args: { from: path('the tree'), to: path('its new path, which must not exist; its parent must') },
  options: { steps: flag('copy first, then delete') },
  examples: [['zookit mv /app/old /app/new', 'all or nothing']],
  async run(context, { from, to }, { steps }) {
    if (to === from || to.startsWith(`${from}/`) || from === '/')
      throw new UsageError(`${from} cannot be moved to ${to}`)
    const zk = await context.client()
    const records: ZnodeRecord[] = []
    for await (const record of readRecords(zk, from, context.limits)) records.push(record)
    refuse(records, steps)
    if (steps) {
      await zk.copyTree(from, to, context.limits)
      await zk.removeTree(from, context.limits)
    } else {
      await zk.multi([...creates(records, from, to), ...deletes(records)], context.limits)
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
