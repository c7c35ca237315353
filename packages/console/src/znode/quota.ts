import { type ZooKeeper, ZooKeeperError } from '@zookit/client'
import type { QuotaView, ZnodeView } from '../protocol.ts'

const ROOT = '/zookeeper/quota'
const NAMES = ['count', 'bytes', 'countHardLimit', 'byteHardLimit'] as const

/** The znode of the limits of a path. */
export const limitsPath = (path: string): string => `${ROOT}${path === '/' ? '' : path}/zookeeper_limits`
/** The znode of the usage of a path. */
export const usagePath = (path: string): string => `${ROOT}${path === '/' ? '' : path}/zookeeper_stats`
/** The znode below which the quota of a path is. */
export const quotaPath = (path: string): string => `${ROOT}${path === '/' ? '' : path}`

export type Limits = QuotaView['limits']

/** Parses the text of a quota's znode: `count=3,bytes=-1=;byteHardLimit=9`. */
function parseQuota(text: string): Limits {
  const pairs = new Map(
    text.split(/[,;]/).map(pair => {
      const [name = '', value = ''] = pair.split('=')
      return [name, Number(value || -1)]
    }),
  )
  const limit = (name: string): number | null => {
    const value = pairs.get(name) ?? -1
    return Number.isFinite(value) && value >= 0 ? value : null
  }
  return Object.fromEntries(NAMES.map(name => [name, limit(name)])) as Limits
}

/** Formats limits as servers store them. The second `=` behind bytes lets servers before 3.7 ignore what follows. */
export function formatQuota({ count, bytes, countHardLimit, byteHardLimit }: Limits): string {
  const hard = [
    ...(byteHardLimit === null ? [] : [`byteHardLimit=${byteHardLimit}`]),
    ...(countHardLimit === null ? [] : [`countHardLimit=${countHardLimit}`]),
  ]
  return `count=${count ?? -1},bytes=${bytes ?? -1}${hard.map((each, i) => `${i === 0 ? '=;' : ';'}${each}`).join('')}`
}

/** The reason for which a client with a chroot sees no quotas. */
export const OUTSIDE = 'quotas are outside of the chroot: connect the console without it to see and set them'

/** Returns true if the client sees the servers' quotas. A znode that somebody has made in their place has a zxid. */
export async function hasQuotas(zk: ZooKeeper): Promise<boolean> {
  return (await zk.exists(ROOT))?.czxid === 0n
}

/** Finds the quota that counts for a znode, as a view has it. */
export async function quotaFields(
  zk: ZooKeeper,
  path: string,
): Promise<Pick<ZnodeView, 'quota' | 'quotaError'>> {
  const [isSeen, quota] = await Promise.all([hasQuotas(zk), quotaOf(zk, path)])
  return isSeen ? { quota, quotaError: null } : { quota: null, quotaError: OUTSIDE }
}

/** Finds the quota that counts for a znode: its own, or that of one above it. Null if there is none, or it cannot be read. */
async function quotaOf(zk: ZooKeeper, path: string): Promise<QuotaView | null> {
  if (path === '/zookeeper' || path.startsWith('/zookeeper/')) return null
  const parts = path === '/' ? [''] : path.split('/')
  for (let depth = parts.length; depth >= 1; depth--) {
    const owner = parts.slice(0, depth).join('/') || '/'
    const limits = await read(zk, limitsPath(owner))
    if (limits === null) continue
    const usage = await read(zk, usagePath(owner))
    return { path: owner, limits, usage: { count: usage?.count ?? null, bytes: usage?.bytes ?? null } }
  }
  return null
}

async function read(zk: ZooKeeper, path: string): Promise<Limits | null> {
  try {
    const { data } = await zk.getData(path)
    return parseQuota(data?.toString() ?? '')
  } catch (error) {
    if (ZooKeeperError.is(error) && (error.code === 'NO_NODE' || error.code === 'NO_AUTH')) return null
    throw error
  }
}
