import { setTimeout as sleep } from 'node:timers/promises'
import { type Handle, Mutex } from '@zookit/recipes'
import type { Load, LoadContext } from '../context.ts'

/** The locks, each with the znode that only its holder may write. */
export const LOCKS: readonly string[] = ['/locks/a', '/locks/b']

/** Returns the znode that is written by the holders of a lock, with their tokens. */
export function resourceOf(lock: string): string {
  return lock.replace('/locks', '/resources')
}

/** Milliseconds between two looks whether a lock is held. */
const LOOK = 20

async function hold(context: LoadContext, path: string, handle: Handle): Promise<void> {
  const { random, recorder, zk } = context
  const id = recorder.nextId()
  recorder.note({ kind: 'grant', id, path, token: String(handle.token), session: String(zk.session.id) })
  const look = setInterval(() => {
    // The time comes first: it was held no earlier than that.
    const at = Number(process.hrtime.bigint()) / 1e6
    if (handle.held) recorder.note({ kind: 'held', id }, at)
  }, LOOK)
  try {
    await sleep(random.int(1, 100))
    const resource = resourceOf(path)
    const about = { load: 'locks', action: 'write', path: resource, token: String(handle.token) }
    await context.call(about, async () => {
      await handle.guard(zk.transaction().setData(resource, String(handle.token))).commit()
    })
    await sleep(random.int(1, 200))
  } finally {
    clearInterval(look)
    recorder.note({ kind: 'release', id })
  }
  await context.call({ load: 'locks', action: 'release', path }, () => handle.release())
}

/** Locks: two contenders in each client; a holder writes its token to what the lock protects. */
export const locks: Load = {
  start(context) {
    const { zk, random } = context
    for (const path of LOCKS)
      context.loop(50, async () => {
        const mutex = new Mutex(zk, path, { jitter: 20 })
        const about = { load: 'locks', action: 'acquire', path }
        const handle = await context.call(about, () => mutex.acquire({ timeout: random.int(500, 8000) }))
        if (handle !== undefined) await hold(context, path, handle)
      })
  },
}
