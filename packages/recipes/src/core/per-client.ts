import type { ZooKeeper } from '@zookit/client'

/** Makes a function that returns one object for each client, and creates it at the first call. */
export function perClient<Value>(create: (zk: ZooKeeper) => Value): (zk: ZooKeeper) => Value {
  const values = new WeakMap<ZooKeeper, Value>()
  return zk => {
    const present = values.get(zk)
    if (present !== undefined) return present
    const value = create(zk)
    values.set(zk, value)
    return value
  }
}
