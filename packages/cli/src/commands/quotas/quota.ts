import type { ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { codeOf, UsageError } from '../../program/errors.ts'

/** Limits or usage of a tree. A number that is not set is -1. */
export interface Quota {
  /** Number of znodes. */
  count: number
  /** Bytes of data. */
  bytes: number
  /** The same, as limits that servers since 3.7 enforce if they are told to. */
  countHardLimit: number
  byteHardLimit: number
}

type Limits = Context['limits']

/** The znode below which servers keep quotas: a copy of the tree's paths. */
export const ROOT = '/zookeeper/quota'

export const noQuota: Readonly<Quota> = { count: -1, bytes: -1, countHardLimit: -1, byteHardLimit: -1 }

/** Returns the znode of the limits of a path. */
export const limitsPath = (path: string): string => `${ROOT}${path}/zookeeper_limits`

/** Returns the znode of the usage of a path. */
export const usagePath = (path: string): string => `${ROOT}${path}/zookeeper_stats`

/** Parses the text of a quota's znode: `count=3,bytes=-1=;byteHardLimit=9`. */
function parseQuota(text: string): Quota {
  const quota: Quota = { ...noQuota }
  for (const pair of text.split(/[,;]/)) {
    const [name = '', value = ''] = pair.split('=')
    if (name in quota) quota[name as keyof Quota] = value === '' ? -1 : Number(value)
  }
  return quota
}

/** Formats a quota's znode. The second `=` behind bytes lets servers before 3.7 ignore what follows. */
export function formatQuota({ count, bytes, countHardLimit, byteHardLimit }: Quota): string {
  const hard = [
    ...(byteHardLimit === -1 ? [] : [`byteHardLimit=${byteHardLimit}`]),
    ...(countHardLimit === -1 ? [] : [`countHardLimit=${countHardLimit}`]),
  ]
  return `count=${count},bytes=${bytes}${hard.map((each, i) => `${i === 0 ? '=;' : ';'}${each}`).join('')}`
}

/** Reads a quota. @returns null if there is none. */
export async function readQuota(zk: ZooKeeper, znode: string, limits: Limits): Promise<Quota | null> {
  try {
    const { data } = await zk.getData(znode, limits)
    return parseQuota(data?.toString() ?? '')
  } catch (error) {
    if (codeOf(error) === 'NO_NODE') return null
    throw error
  }
}

/** Connects for a command about quotas. @throws UsageError with a chroot, from which quotas cannot be seen. */
export async function clientForQuotas(context: Context): Promise<ZooKeeper> {
  const { hosts } = await context.target()
  if (!/\/./.test(hosts.replace(/^\w+:\/\//, ''))) return context.client()
  throw new UsageError('quotas are outside of the chroot', 'Name the servers without it, and the whole path.')
}
