import { UsageError } from '../program/errors.ts'

/** Tells what is wrong with a list of servers and its chroot, and at which index, or null. */
export async function hostsFault(hosts: string): Promise<string | null> {
  const { parseConnectString } = await import('@zookit/client')
  try {
    parseConnectString(hosts)
    return null
  } catch (error) {
    return (error as Error).message.replace(/^Invalid connect string /, '')
  }
}

/**
 * Checks a list of servers with its chroot.
 *
 * @param place where it stands.
 * @param auth where a credential belongs.
 * @throws UsageError.
 */
export async function checkHosts(hosts: string, place: string, auth: string): Promise<void> {
  const fault = await hostsFault(hosts)
  if (fault === null) return
  const told = fault.replace('use addAuth', `use ${auth}`)
  throw new UsageError(`${place}: no list of servers, ${told}`, 'It is such as zk1:2181,zk2:2181/app.')
}
