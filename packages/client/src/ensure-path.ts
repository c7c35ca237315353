import { ZooKeeperError } from '@zookit/connection'
import { type ACL, CreateFlag } from '@zookit/jute'
import { openAcl } from './acl.ts'
import { badArgument, describe, type RequestOptions } from './arguments.ts'
import type { ClientOperations } from './operations.ts'
import type { Requests } from './requests.ts'

/** The options of ensurePath. */
export interface EnsurePathOptions extends RequestOptions {
  /** The ACL of the new znodes. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** The mode of the new znodes: `persistent`, the default, or `container`, deleted after its last child. */
  mode?: 'persistent' | 'container' | undefined
}

/**
 * Creates the znodes of a path that do not exist, the chroot's too. It first asks for all of them in one go and then
 * creates the missing ones in one go: a server executes the requests of a session in their order.
 */
export async function ensurePath(
  requests: Requests,
  path: string,
  options: EnsurePathOptions = {},
): Promise<void> {
  const paths = prefixesOf(requests.resolve(path))
  const operation = operationOf(requests.operations, options)
  const create = (missing: readonly string[]) => createAll(requests, operation, missing, path, options)
  try {
    await create(await findMissing(requests, paths, path, options))
  } catch (error) {
    // A znode was deleted after the first step, or the server was behind in it. Creating all of them settles both.
    if (!isCode(error, 'NO_NODE')) throw error
    await create(paths)
  }
}

async function findMissing(
  requests: Requests,
  paths: readonly string[],
  path: string,
  options: RequestOptions,
): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async prefix => {
      try {
        const body = { path: prefix, watch: false }
        return (await requests.send(requests.operations.exists, body, path, options)) !== null
      } catch (error) {
        if (isCode(error, 'NO_AUTH')) return true
        throw error
      }
    }),
  )
  return paths.filter((_, index) => !found[index])
}

async function createAll(
  requests: Requests,
  operation: ClientOperations['create'],
  paths: readonly string[],
  path: string,
  options: EnsurePathOptions,
): Promise<void> {
  const { acl = openAcl, mode = 'persistent' } = options
  const flags = CreateFlag[mode]
  const created = await Promise.allSettled(
    paths.map(prefix => requests.send(operation, { path: prefix, data: null, acl, flags }, path, options)),
  )
  for (const result of created) {
    if (result.status === 'rejected' && !isCode(result.reason, 'NODE_EXISTS')) throw result.reason
  }
}

function operationOf(
  operations: ClientOperations,
  { mode = 'persistent' }: EnsurePathOptions,
): ClientOperations['create'] {
  if (mode === 'persistent') return operations.create
  if (mode === 'container') return operations.createContainerPath
  throw badArgument(`ensurePath creates persistent znodes or containers, not ${describe(mode)}`)
}

/** Returns `/a`, `/a/b`, `/a/b/c` for `/a/b/c`, and nothing for the root. */
function prefixesOf(path: string): string[] {
  const prefixes: string[] = []
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) prefixes.push(path.slice(0, at))
  return path === '/' ? prefixes : [...prefixes, path]
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof ZooKeeperError && error.code === code
}
