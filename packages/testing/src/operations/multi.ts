import { CreateFlag, type MultiOperation, type MultiReadOperation, type MultiRequest } from '@zookit/jute'
import type { Change, Effect } from '../database/changes.ts'
import { Err } from '../error-codes.ts'
import { Opcode } from '../opcodes.ts'
import { prepareCheck } from './check.ts'
import { prepareCreate } from './create.ts'
import { prepareDelete } from './delete.ts'
import type { PrepareContext } from './prepare.ts'
import { prepareSetData } from './set-data.ts'

const NO_TTL = -1

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

function prepareOne(
  context: PrepareContext,
  operation: MultiOperation | MultiReadOperation,
): Change | number {
  switch (operation.type) {
    case Opcode.create:
    case Opcode.create2:
    case Opcode.createContainer:
      return prepareCreate(context, effectiveOpcode(context, operation), operation.request, NO_TTL)
    case Opcode.createTTL:
      return prepareCreate(context, operation.type, operation.request, operation.request.ttl)
    case Opcode.delete:
      return prepareDelete(context, operation.request)
    case Opcode.setData:
      return prepareSetData(context, operation.request)
    case Opcode.check:
      return prepareCheck(context, operation.request)
    case Opcode.getData:
    case Opcode.getChildren:
      return Err.MARSHALLING_ERROR
  }
}

/** Returns the results of a multi that failed: 0 before the failed operation, its error, and -2 after it. */
function failureResults(length: number, culprit: number, err: number): number[] {
  return Array.from({ length }, (_, i) => {
    if (i === culprit) return err
    return i < culprit ? Err.OK : Err.RUNTIME_INCONSISTENCY
  })
}

/** Tells if a multi has operations that the release does not know, or reads. */
function isMalformed(context: PrepareContext, request: MultiRequest): boolean {
  return request.operations.some(
    ({ type }) =>
      type === Opcode.getData || type === Opcode.getChildren || !context.settings.release.knows(type),
  )
}

/** Prepares multi: all of its operations or none. Each operation sees the changes of those before it. */
export function prepareMulti(context: PrepareContext, request: MultiRequest): Effect {
  if (isMalformed(context, request)) return { type: 'failure', err: Err.MARSHALLING_ERROR, multi: null }
  const changes: Change[] = []
  context.view.beginMulti()
  try {
    for (const operation of request.operations) {
      const change = prepareOne(context, operation)
      // Apache's server has no result for an operation that its checks cannot read: the whole multi fails.
      if (change === Err.MARSHALLING_ERROR) return { type: 'failure', err: change, multi: null }
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
