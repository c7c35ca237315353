// A service of the kind that is tested in main.test.ts: it hands out numbers, such as those of invoices, each one once.

import { connect, type ZooKeeper, ZooKeeperError } from '@zookit/client'

/**
 * Takes the next number of a series. Another process may take one at the same time: then it tries again.
 *
 * @throws an error with the outcome `unknown` if the connection is lost under the write: the number may be taken, and
 *   is then left out. The caller may ask for another one.
 */
export async function nextNumber(zk: ZooKeeper, series: string): Promise<number> {
  await zk.ensurePath(series)
  for (;;) {
    const { data, stat } = await zk.getData(series)
    const next = Number(data ?? 0) + 1
    try {
      await zk.setData(series, String(next), { version: stat.version })
      return next
    } catch (error) {
      if (!(ZooKeeperError.is(error) && error.code === 'BAD_VERSION')) throw error
    }
  }
}

/** Takes a number, and another one if the outcome of the first is unknown: no number twice, some perhaps never. */
export async function invoiceNumber(zk: ZooKeeper): Promise<number> {
  try {
    return await nextNumber(zk, '/series/invoices')
  } catch (error) {
    if (ZooKeeperError.is(error) && error.outcome !== 'rejected') return nextNumber(zk, '/series/invoices')
    throw error
  }
}

if (import.meta.filename === process.argv[1]) {
  await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
  console.log(`invoice ${await invoiceNumber(zk)}`)
}
