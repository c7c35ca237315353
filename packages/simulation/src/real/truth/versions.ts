import { failNow } from '../../violation.ts'
import type { LoggedTransaction } from './txn-record.ts'

/**
 * Throws where the versions of a znode do not follow one another: then something is missing of what was committed, or there is too
 * much, because the ensemble has lost something or because its logs were not understood.
 */
export function checkVersions(transactions: readonly LoggedTransaction[]): void {
  const versions = new Map<string, number>()
  for (const { zxid, changes } of transactions)
    for (const { type, path, version = 0 } of changes) {
      if (type === 'delete') versions.delete(path)
      if (type === 'create') versions.set(path, 0)
      if (type !== 'setData') continue
      const before = versions.get(path)
      if (before !== undefined && version !== before + 1)
        failNow(
          `the members have logged version ${version} of ${path} at ${zxid}, where version ${before} was there`,
        )
      versions.set(path, version)
    }
}
