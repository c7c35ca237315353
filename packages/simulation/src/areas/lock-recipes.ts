import type { ZooKeeper } from '@zookit/client'
import {
  type AcquireOptions,
  type Handle,
  LeaderElection,
  MultiLock,
  Mutex,
  type Permit,
  ReadWriteLock,
  Semaphore,
} from '@zookit/recipes'

/** Permits that a semaphore of the run has. */
export const PERMITS = 3

/** The znode with the size of a semaphore. */
export const SIZE = '/size'

export interface RecipeOptions {
  readonly whenSuspended: 'lose' | 'keep'
  readonly jitter: number
}

/** The clients of an acquisition. */
interface Clients {
  /** The client of the locks. */
  readonly zk: ZooKeeper
  /** The client of a MultiLock of them: the same, or another one. */
  readonly around: ZooKeeper
}

/** A recipe to contend for. */
export interface Recipe {
  readonly name: string
  /** The paths that it takes, all of them exclusively unless `share` says otherwise. */
  readonly paths: readonly string[]
  /** Tells how much of each path one holder takes, of `PERMITS`. */
  share(handle: Handle): number
  acquire(
    clients: Clients,
    settings: RecipeOptions,
    options: AcquireOptions,
    mayWait: boolean,
  ): Promise<Handle | null>
}

const whole = (): number => PERMITS

function mutex(path: string): Recipe {
  return {
    name: 'mutex',
    paths: [path],
    share: whole,
    acquire({ zk }, settings, options, mayWait) {
      const lock = new Mutex(zk, path, settings)
      return mayWait ? lock.acquire(options) : lock.tryAcquire(options)
    },
  }
}

/** Several locks as one, in an order of their own. */
function several(...paths: readonly string[]): Recipe {
  return {
    name: 'multi-lock',
    paths,
    share: whole,
    acquire({ zk, around }, settings, options, mayWait) {
      const lock = new MultiLock(
        around,
        [...paths].reverse().map(path => new Mutex(zk, path, settings)),
      )
      return mayWait ? lock.acquire(options) : lock.tryAcquire(options)
    },
  }
}

/** A semaphore whose size is in a znode, and is changed while others hold and wait: who holds keeps what it has. */
const resized: Recipe = {
  name: 'resized semaphore',
  paths: ['/locks/z'],
  share: () => 0,
  acquire({ zk }, settings, options, mayWait) {
    const semaphore = new Semaphore(zk, '/locks/z', { ...settings, size: { path: SIZE } })
    return mayWait ? semaphore.acquire(options) : semaphore.tryAcquire(options)
  },
}

/** The recipes that clients contend for. */
export const RECIPES: readonly Recipe[] = [
  mutex('/locks/a'),
  mutex('/locks/b'),
  several('/locks/a', '/locks/b'),
  several('/locks/b', '/locks/c'),
  several('/locks/a', '/locks/c'),
  {
    name: 'write lock',
    paths: ['/locks/rw'],
    share: whole,
    acquire({ zk }, settings, options, mayWait) {
      const { write } = new ReadWriteLock(zk, '/locks/rw', settings)
      return mayWait ? write.acquire(options) : write.tryAcquire(options)
    },
  },
  {
    name: 'read lock',
    paths: ['/locks/rw'],
    share: () => 0,
    acquire({ zk }, settings, options, mayWait) {
      const { read } = new ReadWriteLock(zk, '/locks/rw', settings)
      return mayWait ? read.acquire(options) : read.tryAcquire(options)
    },
  },
  {
    name: 'semaphore',
    paths: ['/locks/s'],
    share: handle => (handle as Permit).weight,
    acquire({ zk }, settings, options, mayWait) {
      const semaphore = new Semaphore(zk, '/locks/s', { ...settings, size: PERMITS })
      const weight = options.timeout !== undefined && options.timeout % 2 === 0 ? 2 : 1
      const asked = { ...options, weight }
      return mayWait ? semaphore.acquire(asked) : semaphore.tryAcquire(asked)
    },
  },
  resized,
  {
    name: 'leadership',
    paths: ['/locks/e'],
    share: whole,
    acquire: ({ zk }, settings, options) => new LeaderElection(zk, '/locks/e', settings).campaign(options),
  },
]
