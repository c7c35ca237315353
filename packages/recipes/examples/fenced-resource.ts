// A resource outside ZooKeeper that refuses old tokens. It keeps out a holder that was stopped and does not know yet
// that it has lost the lock.

import { connect } from '@zookit/client'
import { Mutex } from '@zookit/recipes'

/** Stands for a database, a file store or a printer: anything that can keep one number beside its data. */
class Store {
  readonly lines: string[] = []
  #highest = 0n

  write(token: bigint, line: string): void {
    if (token < this.#highest) throw new Error(`token ${token} is older than ${this.#highest}`)
    this.#highest = token
    this.lines.push(line)
  }
}

const hosts = process.argv[2] ?? '127.0.0.1:2181'
const store = new Store()
await using first = await connect(hosts)
await using second = await connect(hosts)

const stopped = await new Mutex(first, '/locks/store').acquire()
store.write(stopped.token, 'by the first holder')

// The first holder is stopped: by a debugger, a full disk, a closed laptop. For the ensemble it is dead, and its
// znode is deleted.
await second.delete(stopped.path)

await using next = await new Mutex(second, '/locks/store').acquire()
store.write(next.token, 'by the second holder')

// The first holder goes on where it was. It checked the lock before it was stopped, and acts on that.
console.log('the first one believes that it holds the lock:', stopped.held)
try {
  store.write(stopped.token, 'too late')
} catch {
  console.log('the store has refused its token')
}
console.log(store.lines.join(', '))
await stopped.release()
