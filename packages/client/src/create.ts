import { type ACL, CreateFlag, type CreateRequest, type CreateTTLRequest } from '@zookit/jute'
import { openAcl } from './acl.ts'
import { badArgument, type Data, describe, type RequestOptions, toBytes } from './arguments.ts'
import { type CreateMode, isContainer, isSequential, isTtl, type TtlMode } from './create-mode.ts'
import type { ClientOperations, Created, Shaped } from './operations.ts'
import { type Chroot, validatePath } from './path.ts'

/** The kind of znode to create, and its ACL. */
export type NodeOptions = {
  /** The znode's ACL. Default `openAcl`: all permissions for everybody. */
  acl?: readonly ACL[] | undefined
} & (
  | {
      /** Default `persistent`. */
      mode?: Exclude<CreateMode, TtlMode> | undefined
      ttl?: undefined
    }
  | {
      mode: TtlMode
      /** The time in milliseconds, 1 to 2^40-1, after which the znode is deleted if it has no children and no change. */
      ttl: number
    }
)

/** The options of create and createWithStat. */
export type CreateOptions = NodeOptions & RequestOptions

const LONGEST_TTL = 2 ** 40 - 1

/**
 * Makes the record of a create in any mode.
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

/** Returns the mode in the options. @throws ZooKeeperError BAD_ARGUMENTS. */
export function modeOf(options: NodeOptions | undefined): CreateMode {
  const mode = options?.mode ?? 'persistent'
  if (!Object.hasOwn(CreateFlag, mode)) throw badArgument(`there is no mode ${describe(mode)}`)
  return mode
}

/**
 * Returns the operation that creates a znode in a mode and answers with its path. That is create, which every server
 * knows, unless the mode has an operation of its own.
 */
export function createOperation(operations: ClientOperations, mode: CreateMode): Shaped<string> {
  if (isContainer(mode)) return operations.createContainerPath
  return isTtl(mode) ? operations.createTTLPath : operations.create
}

/** Returns the operation that creates a znode in a mode and answers with its path and Stat. */
export function createWithStatOperation(operations: ClientOperations, mode: CreateMode): Shaped<Created> {
  if (isContainer(mode)) return operations.createContainer
  return isTtl(mode) ? operations.createTTL : operations.create2
}

function toTtl(ttl: number | undefined): number {
  if (Number.isInteger(ttl) && ttl! > 0 && ttl! <= LONGEST_TTL) return ttl!
  throw badArgument(`a ttl is a whole number of milliseconds from 1 to 2^40-1, not ${describe(ttl)}`)
}
