import { ZooKeeperError } from '@zookit/connection'
import { type ACL, CreateFlag } from '@zookit/jute'
import { aclCheck, openAcl } from './acl.ts'
import { REQUEST_CHECKS, REQUEST_OPTIONS, type RequestOptions } from './arguments.ts'
import { checkOptions, type OptionTable, oneOf, optionTable } from './checks.ts'
import { withSubject } from './invalid-argument.ts'
import type { ClientOperations } from './operations.ts'
import type { Requests } from './requests.ts'

/** The options of ensurePath. */
export interface EnsurePathOptions extends RequestOptions {
  /** The ACL of the new znodes. Default `openAcl`. */
  acl?: readonly ACL[] | undefined
  /** The mode of the new znodes: `persistent`, the default, or `container`, deleted after its last child. */
  mode?: 'persistent' | 'container' | undefined
}

const OPTIONS: OptionTable = optionTable("{ mode: 'container' }", {
  acl: aclCheck,
  mode: oneOf('persistent', 'container'),
  ...REQUEST_CHECKS,
})

/**
 * Creates the znodes of a path that do not exist, the chroot's too. It first asks for all of them in one go and then
 * creates the missing ones in one go: a server executes the requests of a session in their order.
 */
export async function ensurePath(
  requests: Requests,
  path: string,
  options: EnsurePathOptions = {},
): Promise<void> {
  const paths = checkedPrefixes(requests, 'ensurePath', path, options, OPTIONS)
  const { operations } = requests
  const operation = options.mode === 'container' ? operations.createContainerPath : operations.create
  const create = (missing: readonly string[]) => createAll(requests, operation, missing, options)
  const { error, isChanged } = await create(await findMissing(requests, paths, options))
  if (error === undefined) return
  // A znode was deleted after the first step, or the server was behind in it. Creating all of them settles both.
  const last = isCode(error, 'NO_NODE') ? await create(paths) : { error, isChanged: false }
  if (last.error === undefined) return
  // The outcome is that of the whole: a parent that was created before the failure stays.
  const isPartial = (isChanged || last.isChanged) && ZooKeeperError.is(last.error)
  throw isPartial ? (last.error as ZooKeeperError).afterSteps() : last.error
}

/** Finds the first znode of a path that does not exist. Asks for all of them in one go. @returns its path, or null. */
export async function firstMissing(
  requests: Requests,
  path: string,
  options: RequestOptions = {},
): Promise<string | null> {
  const prefixes = checkedPrefixes(requests, 'firstMissing', path, options, REQUEST_OPTIONS)
  const [first] = await findMissing(requests, prefixes, options)
  if (first === undefined) return null
  return callersPath(requests, first)
}

/** Returns what the caller calls a znode. Above the chroot's end it is the chroot, which the client sees as its root. */
function callersPath({ chroot }: Requests, serverPath: string): string {
  return serverPath.slice(chroot.path.length) || '/'
}

async function findMissing(
  requests: Requests,
  paths: readonly string[],
  options: RequestOptions,
): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async prefix => {
      try {
        const body = { path: prefix, watch: false }
        const path = callersPath(requests, prefix)
        return (await requests.send(requests.operations.exists, body, path, options)) !== null
      } catch (error) {
        if (isCode(error, 'NO_AUTH')) return true
        throw error
      }
    }),
  )
  return paths.filter((_, index) => !found[index])
}

/** Creates znodes. Returns the first failure, and whether one was created or may have been. */
async function createAll(
  requests: Requests,
  operation: ClientOperations['create'],
  paths: readonly string[],
  options: EnsurePathOptions,
): Promise<{ error?: unknown; isChanged: boolean }> {
  const { acl = openAcl, mode = 'persistent' } = options
  const flags = CreateFlag[mode]
  const created = await Promise.allSettled(
    paths.map(path => {
      const body = { path, data: null, acl, flags }
      return requests.send(operation, body, callersPath(requests, path), options)
    }),
  )
  const failures = created
    .filter(result => result.status === 'rejected')
    .map(({ reason }) => reason as unknown)
  const isUnknown = (error: unknown): boolean => ZooKeeperError.is(error) && error.outcome === 'unknown'
  return {
    error: failures.find(error => !isCode(error, 'NODE_EXISTS')),
    isChanged: failures.length < created.length || failures.some(isUnknown),
  }
}

/** Checks the arguments and returns the server's paths of all znodes of a path. @throws ZooKeeperError BAD_ARGUMENTS. */
function checkedPrefixes(
  requests: Requests,
  operation: string,
  path: string,
  options: RequestOptions,
  table: OptionTable,
): string[] {
  try {
    checkOptions(options, table)
    return prefixesOf(requests.resolve(path))
  } catch (error) {
    throw withSubject(error, operation, path)
  }
}

/** Returns `/a`, `/a/b`, `/a/b/c` for `/a/b/c`, and nothing for the root. */
function prefixesOf(path: string): string[] {
  const prefixes: string[] = []
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) prefixes.push(path.slice(0, at))
  return path === '/' ? prefixes : [...prefixes, path]
}

function isCode(error: unknown, code: string): boolean {
  return ZooKeeperError.is(error) && error.code === code
}
