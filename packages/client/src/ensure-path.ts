import { ZooKeeperError } from '@zookit/connection'
import { type ACL, CreateFlag } from '@zookit/jute'
import { openAcl } from './acl.ts'
import { badArgument, describe, type RequestOptions } from './arguments.ts'
import type { ClientOperations } from './operations.ts'
import type { Requests } from './requests.ts'

/** What `ensurePath` takes. */
export interface EnsurePathOptions extends RequestOptions {
  /** For the nodes that it creates. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** What it creates: `persistent`, the default, or a `container`, which goes when its last child has gone. */
  mode?: 'persistent' | 'container' | undefined
}

/**
 * Creates what is missing of a path, the chroot included: first a look at every node on the way, all at once, then
 * the creation of those that are not there, all at once. A server takes the requests of a session in their order.
 */
export async function ensurePath(
  requests: Requests,
  path: string,
  options: EnsurePathOptions = {},
): Promise<void> {
  const nodes = prefixesOf(requests.resolve(path))
  const operation = operationOf(requests.operations, options)
  const create = (missing: readonly string[]) => createAll(requests, operation, missing, path, options)
  try {
    await create(await findMissing(requests, nodes, path, options))
  } catch (error) {
    // One of those that were there has gone meanwhile, or the server was behind: only creating them all can tell.
    if (!isCode(error, 'NO_NODE')) throw error
    await create(nodes)
  }
}

async function findMissing(
  requests: Requests,
  nodes: readonly string[],
  path: string,
  options: RequestOptions,
): Promise<string[]> {
  const found = await Promise.all(
    nodes.map(async node => {
      try {
        return (
          (await requests.send(requests.operations.exists, { path: node, watch: false }, path, options)) !==
          null
        )
      } catch (error) {
        if (isCode(error, 'NO_AUTH')) return true
        throw error
      }
    }),
  )
  return nodes.filter((_, index) => !found[index])
}

async function createAll(
  requests: Requests,
  operation: ClientOperations['create'],
  nodes: readonly string[],
  path: string,
  options: EnsurePathOptions,
): Promise<void> {
  const { acl = openAcl, mode = 'persistent' } = options
  const flags = CreateFlag[mode]
  const created = await Promise.allSettled(
    nodes.map(node => requests.send(operation, { path: node, data: null, acl, flags }, path, options)),
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
  throw badArgument(`ensurePath creates persistent nodes or containers, not ${describe(mode)}`)
}

/** `/a`, `/a/b`, `/a/b/c` for `/a/b/c`; nothing for the root. */
function prefixesOf(path: string): string[] {
  const prefixes: string[] = []
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) prefixes.push(path.slice(0, at))
  return path === '/' ? prefixes : [...prefixes, path]
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof ZooKeeperError && error.code === code
}
