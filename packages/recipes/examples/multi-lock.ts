// A transfer needs both accounts or none. Two transfers in opposite directions do not wait for each other.

import { connect } from '@zookit/client'
import { MultiLock, Mutex } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')

async function transfer(from: string, to: string): Promise<void> {
  const locks = [from, to].map(account => new Mutex(zk, `/locks/accounts/${account}`))
  await using both = await new MultiLock(zk, locks).acquire({ timeout: 30_000 })
  // Aborted as soon as one of the two locks is lost.
  both.signal.throwIfAborted()
  console.log(`${both.handles.length} locks held: ${both.held}`)
}

await Promise.all([transfer('ann', 'bob'), transfer('bob', 'ann')])
