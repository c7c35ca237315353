import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { type Command, command, optionalPath, text } from '../../program/definition.ts'
import { CommandError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { formatLine } from './dump-line.ts'
import { LeftOut } from './left-out.ts'
import { readOriginals } from './records.ts'

export const exportTree: Command = command({
  name: 'export',
  group: 'trees',
  summary: 'Write a tree as lines of JSON, one znode a line, parents first.',
  details: [
    'A line has the path, the data (`base64` where it is not UTF-8), the ACL unless it is open to all, and `ephemeral` with the session of an ephemeral znode. It is not a snapshot: each znode is read at its turn.',
  ],
  args: { path: optionalPath("the root of the tree. Default /, without ZooKeeper's own znodes") },
  options: { output: text('FILE', 'the file. Default standard output', { short: 'o', completion: 'file' }) },
  examples: [
    ['zookit export /app > app.ndjson', 'to standard output'],
    ['zookit export /app | grep -v secret | zookit --hosts other:2181 import', 'to another ensemble'],
  ],
  async run(context, { path = '/' }, { output }) {
    const zk = await context.client()
    const file = output === undefined ? undefined : createWriteStream(output, { mode: 0o600 })
    const failed = file && once(file, 'error').then(([error]) => Promise.reject(error))
    failed?.catch(() => {})
    let count = 0
    const leftOut = new LeftOut(context)
    for await (const record of readOriginals(zk, path, { limits: context.limits, leftOut })) {
      const line = `${formatLine(record)}\n`
      if (file === undefined) context.out.write(line)
      else if (!file.write(line)) await Promise.race([once(file, 'drain'), failed])
      await context.out.drained()
      count++
    }
    if (file === undefined) return leftOut.end()
    file.end()
    try {
      await Promise.race([once(file, 'finish'), failed])
    } catch (error) {
      throw new CommandError(`cannot write ${output}: ${(error as Error).message}`, ExitCode.failed)
    }
    context.out.result({ path, output, exported: count }, () => `${count} znodes exported`)
    leftOut.end()
  },
})
