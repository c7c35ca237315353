// Saves a tree to a file, with data and ACLs, and makes it again from there.
//
// main.ts HOSTS save PATH FILE
// main.ts HOSTS restore PATH FILE

import { createReadStream, createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { type ACL, connect, isEphemeral, joinPath, type ZooKeeper, ZooKeeperError } from '@zookit/client'

const [hosts, command, root, file] = process.argv.slice(2)
if (!hosts || !root || !file) throw new Error('HOSTS save PATH FILE | HOSTS restore PATH FILE')

/** A znode in the file, one a line, parents first. */
interface Saved {
  /** Path below the root of the tree, '' for the root. */
  path: string
  data: string | null
  acl: ACL[]
}

/** Yields a line for each znode. Ephemerals are left out: they belong to a session. */
async function* lines(zk: ZooKeeper, root: string): AsyncGenerator<string> {
  for await (const { path, stat, data } of zk.walk(root, { data: true })) {
    if (isEphemeral(stat)) continue
    try {
      const { acl } = await zk.getAcl(path)
      const below = root === '/' ? path : path.slice(root.length)
      const saved: Saved = { path: below, data: data?.toString('base64') ?? null, acl }
      yield `${JSON.stringify(saved)}\n`
    } catch (error) {
      // Deleted since it was read: a tree that changes is not saved at one moment.
      if (!(ZooKeeperError.is(error) && error.code === 'NO_NODE')) throw error
    }
  }
}

async function save(zk: ZooKeeper, root: string, file: string): Promise<void> {
  // The file is there when it is whole, or not at all.
  await pipeline(lines(zk, root), createWriteStream(`${file}.part`))
  await rename(`${file}.part`, file)
}

/** Makes the znodes of a file. Refuses a znode that exists: nothing is overwritten. */
async function restore(zk: ZooKeeper, root: string, file: string): Promise<number> {
  let count = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { path, data, acl }: Saved = JSON.parse(line)
    const names = path.split('/').filter(name => name !== '')
    await zk.create(joinPath(root, ...names), data === null ? null : Buffer.from(data, 'base64'), { acl })
    count++
  }
  return count
}

await using zk = await connect(hosts)
if (command === 'save') await save(zk, root, file)
else console.log(`${await restore(zk, root, file)} znodes`)
