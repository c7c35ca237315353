import { type ACL, CreateFlag, type CreateRequest, type CreateTTLRequest } from '@zookit/jute'
import { aclCheck, openAcl } from './acl.ts'
import { type Data, REQUEST_CHECKS, type RequestOptions, toBytes } from './arguments.ts'
import { type Check, checkOptions, mustBe, type OptionTable, oneOf, optionTable } from './checks.ts'
import { type CreateMode, isContainer, isSequential, isTtl, type TtlMode } from './create-mode.ts'
import { InvalidArgument } from './invalid-argument.ts'
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

/** The checks of the options of a znode. */
export const NODE_CHECKS: Readonly<Record<'acl' | 'mode' | 'ttl', Check>> = {
  acl: aclCheck,
  mode: oneOf(...Object.keys(CreateFlag)),
  ttl: mustBe(
    'a whole number of milliseconds from 1 to 2^40-1',
    value => Number.isInteger(value) && Number(value) > 0 && Number(value) <= LONGEST_TTL,
  ),
}

const CREATE_OPTIONS: OptionTable = optionTable("{ mode: 'ephemeral' }", {
  ...NODE_CHECKS,
  ...REQUEST_CHECKS,
})

/** Checks the options of create and createWithStat. @throws InvalidArgument. */
export function checkCreateOptions(options: CreateOptions | undefined): void {
  if (options !== undefined) checkOptions(options, CREATE_OPTIONS)
}

/**
 * Makes the record of a create in any mode.
 *
 * @param options options that passed their checks.
 * @throws InvalidArgument.
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
  if (!isTtl(mode)) {
    if (ttl !== undefined) throw new InvalidArgument(`the mode ${mode} takes no ttl`)
    return body
  }
  if (ttl === undefined) throw new InvalidArgument(`the mode ${mode} needs the option ttl, in milliseconds`)
  return { ...body, ttl }
}

/** Returns the mode in the options. */
export function modeOf(options: NodeOptions | undefined): CreateMode {
  return options?.mode ?? 'persistent'
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
