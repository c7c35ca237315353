// A function that needs the lock is called by one that has it already: the handle lets it in.

import { connect } from '@zookit/client'
import { type ReentrantLock, ReentrantMutex } from '@zookit/recipes'

await using zk = await connect(process.argv[2] ?? '127.0.0.1:2181')
const mutex = new ReentrantMutex(zk, '/locks/accounts')
const balances = new Map([
  ['ann', 10],
  ['bob', 0],
])

/** Acquires the lock, or enters the one that the caller holds. */
async function add(name: string, amount: number, outer?: ReentrantLock): Promise<void> {
  await using lock = outer ? outer.enter() : await mutex.acquire({ timeout: 30_000 })
  lock.signal.throwIfAborted()
  balances.set(name, balances.get(name)! + amount)
}

async function transfer(from: string, to: string, amount: number): Promise<void> {
  await using lock = await mutex.acquire({ timeout: 30_000 })
  await add(from, -amount, lock)
  await add(to, amount, lock)
  console.log('still held after the inner ones have left:', lock.held)
}

await transfer('ann', 'bob', 4)
await add('ann', 1)
console.log(Object.fromEntries(balances))
