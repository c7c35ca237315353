import {
  CreateFlag,
  type CreateRequest,
  JuteError,
  type MultiOperation,
  type MultiReadOperation,
  type MultiRequest,
} from '@zookit/jute'
import type { Change, Effect } from '../database/changes.ts'
import { Err } from '../error-codes.ts'
import { Opcode } from '../opcodes.ts'
import type { PrepareContext } from './prepare.ts'
import { writes } from './writes.ts'

/**
 * Returns the opcode that a server gives an operation of a multi. The flags of a create decide; older releases treat
 * every create that is neither a container nor a TTL znode as opcode 1.
 */
function effectiveOpcode(context: PrepareContext, operation: MultiOperation | MultiReadOperation): number {
  const { type, request } = operation
  if (type !== Opcode.create && type !== Opcode.create2 && type !== Opcode.createContainer) return type
  if (request.flags === CreateFlag.container) return Opcode.createContainer
  return context.settings.release.multiCreate2 ? type : Opcode.create
}

function isCreate({ type }: MultiOperation | MultiReadOperation): boolean {
  return type === Opcode.create || type === Opcode.create2 || type === Opcode.createContainer
}

/** Older releases take a create with a TTL flag for a createTTL, and fail with the whole multi when they reach it. */
function isMistaken({ settings }: PrepareContext, operation: MultiOperation | MultiReadOperation): boolean {
  if (!settings.release.knows(Opcode.createTTL)) return false
  const { flags } = operation.request as CreateRequest
  return flags === CreateFlag.ttl || flags === CreateFlag['ttl-sequential']
}

function prepareOne(
  context: PrepareContext,
  operation: MultiOperation | MultiReadOperation,
): Change | number {
  if (isCreate(operation) && isMistaken(context, operation)) return Err.MARSHALLING_ERROR
  const write = writes[operation.type]
  if (write === undefined) return Err.MARSHALLING_ERROR
  return write.prepare(context, operation.request, effectiveOpcode(context, operation))
}

/** Returns the results of a multi that failed: 0 before the failed operation, its error, and -2 after it. */
function failureResults(length: number, culprit: number, err: number): number[] {
  return Array.from({ length }, (_, i) => {
    if (i === culprit) return err
    return i < culprit ? Err.OK : Err.RUNTIME_INCONSISTENCY
  })
}

/**
 * Tells if a server that tells create2 from create (ZOOKEEPER-4475) fails to decode a create of a multi. It makes an
 * operation of Apache's own client of each, which needs a known flag, an ACL, and a ttl with a TTL flag.
 *
 * @throws JuteError for a null ACL: Apache's server fails on it before it has taken a zxid
 */
function isUnreadableCreate({ acl, flags }: CreateRequest): boolean {
  if (flags < 0 || flags > CreateFlag['ttl-sequential']) return true
  if (acl === null) throw new JuteError('UNEXPECTED_NULL', 'a create in a multi has no ACL')
  return flags > CreateFlag.container
}

/** Tells if a server fails to decode an operation of a multi, or finds one there that only reads. */
function isUnreadable(context: PrepareContext, operation: MultiOperation | MultiReadOperation): boolean {
  const { release } = context.settings
  const { type } = operation
  if (type === Opcode.getData || type === Opcode.getChildren || !release.knows(type)) return true
  return release.multiCreate2 && isCreate(operation) && isUnreadableCreate(operation.request as CreateRequest)
}

const MALFORMED: Effect = { type: 'failure', err: Err.MARSHALLING_ERROR, multi: null }

/** Prepares multi: all of its operations or none. Each operation sees the changes of those before it. */
export function prepareMulti(context: PrepareContext, request: MultiRequest): Effect {
  if (request.operations.some(operation => isUnreadable(context, operation))) return MALFORMED
  const changes: Change[] = []
  context.view.beginMulti()
  try {
    for (const operation of request.operations) {
      const change = prepareOne(context, operation)
      // Apache's server has no result for an operation that its checks cannot read: the whole multi fails.
      if (change === Err.MARSHALLING_ERROR) return MALFORMED
      if (typeof change === 'number') {
        const multi = failureResults(request.operations.length, changes.length, change)
        return { type: 'failure', err: Err.OK, multi }
      }
      context.view.note(change)
      changes.push(change)
    }
  } finally {
    context.view.endMulti()
  }
  return {
    type: 'multi',
    opcodes: request.operations.map(operation => effectiveOpcode(context, operation)),
    changes,
  }
}
