import type { StreamEvent, ZooKeeper } from '@zookit/client'
import type { Context } from '../../program/context.ts'
import { codeOf, explain } from '../../program/errors.ts'

/** Tells of each event of a persistent watch, until the client is closed or the watch is removed. */
export async function follow(
  context: Context,
  zk: ZooKeeper,
  path: string,
  recursive: boolean,
): Promise<void> {
  const watch = zk.watch(path, { recursive })
  if (context.shell === null) context.signal.addEventListener('abort', () => void watch.return())
  try {
    for await (const event of watch) context.announce(event, `WATCHER:: ${describe(event)}`)
  } catch (error) {
    if (codeOf(error) === 'CLOSED') return
    if (context.shell === null) throw error
    context.announce(
      { path, error: codeOf(error) },
      `WATCHER:: the watch on ${path} has ended: ${explain(error).message}`,
    )
  }
}

/** Tells of an event in one line. */
function describe(event: StreamEvent): string {
  return event.type === 'resync'
    ? `resync ${event.path}: ${event.reason}, changes may have been missed`
    : `${event.type} ${event.path}`
}
