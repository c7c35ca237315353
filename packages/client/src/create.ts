import { type ACL, CreateFlag, type CreateRequest, type CreateTTLRequest } from '@zookit/jute'
import { openAcl } from './acl.ts'
import { badArgument, type Data, describe, type RequestOptions, toBytes } from './arguments.ts'
import { type CreateMode, isContainer, isSequential, isTtl, type TtlMode } from './create-mode.ts'
import type { ClientOperations, Created, Shaped } from './operations.ts'
import { type Chroot, validatePath } from './path.ts'

/** What kind of node to create, and who may do what with it. */
export type NodeOptions = {
  /** Who may do what. Default `openAcl`: everybody everything. */
  acl?: readonly ACL[] | undefined
} & (
  | {
      /** Default `persistent`. */
      mode?: Exclude<CreateMode, TtlMode> | undefined
      ttl?: undefined
    }
  | {
      mode: TtlMode
      /** For how long the node may be without children and changes, in milliseconds: 1 to 2^40-1. */
      ttl: number
    }
)

/** What create and createWithStat take. */
export type CreateOptions = NodeOptions & RequestOptions

const LONGEST_TTL = 2 ** 40 - 1

/**
 * The record of a create, whatever its mode.
 *
 * @throws ZooKeeperError BAD_ARGUMENTS.
 */
export function createBody(
  chroot: Chroot,
  path: string,
  data: Data,
  options: NodeOptions | undefined,
): CreateRequest | CreateTTLRequest {
  const mode = modeOf(options)
  const sequential = isSequential(mode)
  validatePath(path, { sequential })
  const body = {
    path: sequential ? chroot.addPrefix(path) : chroot.add(path),
    data: toBytes(data),
    acl: options?.acl ?? openAcl,
    flags: CreateFlag[mode],
  }
  const ttl = options?.ttl
  if (isTtl(mode)) return { ...body, ttl: toTtl(ttl) }
  if (ttl !== undefined) throw badArgument(`the mode ${mode} takes no ttl`)
  return body
}

/** The mode that options name. @throws ZooKeeperError BAD_ARGUMENTS. */
export function modeOf(options: NodeOptions | undefined): CreateMode {
  const mode = options?.mode ?? 'persistent'
  if (!Object.hasOwn(CreateFlag, mode)) throw badArgument(`there is no mode ${describe(mode)}`)
  return mode
}

/**
 * The operation that creates a node of a mode and answers with its path: create, which every server knows,
 * unless the mode has an operation of its own.
 */
export function createOperation(operations: ClientOperations, mode: CreateMode): Shaped<string> {
  if (isContainer(mode)) return operations.createContainerPath
  return isTtl(mode) ? operations.createTTLPath : operations.create
}

/** As `createOperation`, for one that answers with the Stat too. */
export function createWithStatOperation(operations: ClientOperations, mode: CreateMode): Shaped<Created> {
  if (isContainer(mode)) return operations.createContainer
  return isTtl(mode) ? operations.createTTL : operations.create2
}

function toTtl(ttl: number | undefined): number {
  if (Number.isInteger(ttl) && ttl! > 0 && ttl! <= LONGEST_TTL) return ttl!
  throw badArgument(`a ttl is a whole number of milliseconds from 1 to 2^40-1, not ${describe(ttl)}`)
}
