import type { ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { LazyClient } from '../target/client.ts'
import { CommandError, isZooKeeperError } from './errors.ts'
import { ExitCode } from './exit-codes.ts'
import type { CommandInfo } from './specs.ts'

/** A command that has failed: its definition if it was found, its connection, and how long it waits for an answer. */
interface Failed {
  readonly command: CommandInfo | null
  readonly client: LazyClient
  readonly timeout: number
}

/**
 * Puts a refusal for a missing znode into the words of this program: it asks for the first one of the path that does not
 * exist, and names the option that creates it. Any other error is returned as it is.
 */
export async function located(error: unknown, failed: Failed): Promise<unknown> {
  if (!isZooKeeperError(error) || error.code !== 'NO_NODE' || error.outcome !== 'rejected') return error
  const { path, operation } = error
  if (!path?.startsWith('/')) return error
  const isCreation = operation?.startsWith('create') || error.explanation.includes('(create')
  const first = await firstMissing(path, failed)
  if (first === '/') return noChroot(error, failed)
  if (first === path && !isCreation) return error
  if (isCreation) {
    const missing = first === null || first === path ? 'its parent' : first
    return refusal(error, missing, parentsHint(failed.command))
  }
  return first === null
    ? error
    : refusal(error, first, `See what is there: \`zookit ls ${parentOf(first)}\`.`)
}

async function firstMissing(path: string, { client, timeout }: Failed): Promise<string | null> {
  try {
    const zk: ZooKeeper | undefined = await client.current
    return (await zk?.firstMissing(path, { timeout })) ?? null
  } catch {
    // The failure that is told is the first one.
    return null
  }
}

async function noChroot(error: ZooKeeperError, { client }: Failed): Promise<CommandError> {
  const { hosts } = await client.target()
  const slash = hosts.indexOf('/')
  const chroot = hosts.slice(slash)
  return refusal(
    error,
    `the chroot ${chroot}`,
    `It stands behind the servers. Create it: \`zookit --hosts ${hosts.slice(0, slash)} create -p ${chroot}\`.`,
  )
}

function parentsHint(command: CommandInfo | null): string {
  const name = command !== null && 'parents' in command.options ? command.name : 'create'
  return `\`zookit ${name} -p\` creates missing parents.`
}

function refusal(error: ZooKeeperError, missing: string, hint: string): CommandError {
  const none = error.operation === 'multi' ? 'nothing was changed: ' : ''
  const message = `NO_NODE (${error.operation} ${error.path}): ${none}${missing} does not exist`
  return new CommandError(message, ExitCode.noNode, hint, error)
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
