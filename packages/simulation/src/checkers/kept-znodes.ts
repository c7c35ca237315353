import type { Commit } from '../history.ts'

/**
 * Returns the creation of another session's znode that a session has written into, or deleted, without a right to; null if the
 * change is none of those.
 *
 * A znode that is replaced goes on with the versions of the one before, so that a request for an earlier one does not meet it.
 * Where none was before, versions begin at 0. So a process that had a znode at the path earlier, and does not know of its end,
 * may meet that one, or one of its replacements: the version is its only condition. The owner mends such a change.
 *
 * @param changes all changes of the path, oldest first.
 * @param change one of them.
 */
export function trespass(changes: readonly Commit[], change: Commit): Commit | null {
  const { type, zxid, sessionId } = change
  if (type === 'create') return null
  const creations = changes.filter(each => each.type === 'create')
  const maker = creations.findLast(each => each.zxid < zxid)
  const isReplaced = creations.some(each => each.zxid === zxid)
  if (maker === undefined || maker.sessionId === sessionId || isReplaced) return null
  const first = firstOf(creations, maker, changes)
  const hadOneBefore = creations.some(each => each.sessionId === sessionId && each.zxid < first.zxid)
  return hadOneBefore ? null : maker
}

/** Returns the creation with which the versions of a znode began: its own one, or that of a znode that it replaces. */
function firstOf(creations: readonly Commit[], maker: Commit, changes: readonly Commit[]): Commit {
  let first = maker
  while (changes.some(({ type, zxid }) => type === 'delete' && zxid === first.zxid)) {
    const { zxid } = first
    const before = creations.findLast(each => each.zxid < zxid)
    if (before === undefined) return first
    first = before
  }
  return first
}
