import type { ZooKeeper } from '@zookit/client'

/** Counts the listeners of a client that have been added since, and not removed. */
export function countListeners(zk: ZooKeeper): () => number {
  const present = new Set<unknown>()
  const [on, off] = [zk.on.bind(zk), zk.off.bind(zk)]
  zk.on = (name, listener) => {
    present.add(listener)
    return on(name, listener)
  }
  zk.off = (name, listener) => {
    present.delete(listener)
    return off(name, listener)
  }
  return () => present.size
}
