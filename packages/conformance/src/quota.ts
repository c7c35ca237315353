import { ZooKeeperError } from '@zookit/client'
import { create, type Requester } from './steps.ts'

/** Returns the path of the znode that has the quota of a path. */
export function quotaPath(path: string): string {
  return `/zookeeper/quota${path}`
}

async function ensure(client: Requester, path: string, data: string): Promise<void> {
  await create(client, path, { data }).catch((error: unknown) => {
    if (!ZooKeeperError.is(error) || error.code !== 'NODE_EXISTS') throw error
  })
}

/** Sets hard limits for a subtree; -1 is none. Writes the limits first and the figures after them, as Apache's shell does. */
export async function setQuota(
  client: Requester,
  path: string,
  znodes: number,
  bytes: number,
): Promise<void> {
  let at = '/zookeeper/quota'
  for (const name of path.slice(1).split('/')) {
    at = `${at}/${name}`
    await ensure(client, at, '')
  }
  const limits = `count=-1,bytes=-1=;byteHardLimit=${bytes};countHardLimit=${znodes}`
  await ensure(client, `${at}/zookeeper_limits`, limits)
  await ensure(client, `${at}/zookeeper_stats`, 'count=0,bytes=0')
}
