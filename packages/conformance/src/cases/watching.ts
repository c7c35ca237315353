import { AddWatchMode, op } from '@zookit/jute'
import type { Context } from '../context.ts'
import { equal } from '../mismatch.ts'
import type { RawClient } from '../raw-client.ts'

/** Returns type and path of each event, after everything that the server has sent has come. */
export async function heard(client: RawClient): Promise<[number, string | null][]> {
  await client.settle()
  return client.events.map(({ type, path }) => [type, path])
}

/** Sets a persistent watch. */
export async function add(
  client: RawClient,
  path: string,
  mode: number = AddWatchMode.persistent,
): Promise<void> {
  equal((await client.request(op.addWatch, { path, mode })).err, 0, 'the body of addWatch')
}

/** Opens two connections: one that watches, one that writes. */
export async function pair(t: Context): Promise<[watcher: RawClient, writer: RawClient]> {
  return [await t.raw(), await t.raw()]
}
