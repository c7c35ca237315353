import type { StreamEvent } from '@zookit/client'
import type { Load, LoadContext } from '../context.ts'

/** The znode that every client watches with all below it. */
export const WATCHED = '/watched'
/** The znode that is read again by the listener of each one-shot watch. */
export const CHAINED = `${WATCHED}/chain`
const PATHS = ['a', 'b', 'c', 'a/x'].map(name => `${WATCHED}/${name}`)

/** The zxid that a chain of one-shot watches has read last, or null for a znode that does not exist. */
const chains = new WeakMap<LoadContext, string | null>()

async function follow(context: LoadContext): Promise<void> {
  const { recorder } = context
  const note = (event: StreamEvent): void => {
    if (event.type === 'resync') recorder.note({ kind: 'resync', reason: event.reason })
    else recorder.note({ kind: 'event', type: event.type, path: event.path, zxid: String(event.zxid) })
  }
  const stream = context.zk.watch(WATCHED, { recursive: true })
  // Whatever was there before is not told of.
  stream.ready.then(
    () => recorder.note({ kind: 'resync', reason: 'begun' }),
    () => {},
  )
  for await (const event of stream) note(event)
}

/** Reads the znode with a watch whose listener does the same, again after whatever went wrong. */
function chain(context: LoadContext): void {
  const again = (): void => chain(context)
  context.zk.exists(CHAINED, { watch: again }).then(
    stat => void chains.set(context, stat === null ? null : String(stat.mzxid)),
    () => void (context.zk.state === 'closed' || setTimeout(again, 50)),
  )
}

/** Watches: a recursive one that records all it is told of, a chain of one-shot ones, and changes. */
export const watches: Load = {
  start(context) {
    const { zk, random } = context
    void follow(context)
    chain(context)
    context.loop(60, async () => {
      const path = random.pick([...PATHS, CHAINED])
      const token = context.token()
      const action = random.pick(['setData', 'setData', 'create', 'delete'] as const)
      await context.call({ load: 'watches', action, path, token }, async () => {
        if (action === 'delete') await zk.delete(path)
        else await zk[action](path, token)
      })
    })
  },
  report: context => ({ chain: chains.get(context) ?? null }),
}
