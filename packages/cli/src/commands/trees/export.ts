import { counted } from '@zookit/client'
import { type Command, command, optionalPath, text } from '../../program/definition.ts'
import { CommandError, isZooKeeperError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { formatLine } from './dump-line.ts'
import { LeftOut } from './left-out.ts'
import { readOriginals, type ZnodeRecord } from './records.ts'
import { openWhole } from './whole-file.ts'

export const exportTree: Command = command({
  name: 'export',
  group: 'trees',
  summary: 'Write a tree as lines of JSON, one znode a line, parents first.',
  details: [
    'A line has the path, the data (`base64` where it is not UTF-8), the ACL unless it is open to all, and `ephemeral` with the session of an ephemeral znode. It is not a snapshot: each znode is read at its turn.',
    'The file of --output is replaced when all of the tree is written: a failure leaves the one that was there.',
  ],
  args: { path: optionalPath("the root of the tree. Default /, without ZooKeeper's own znodes") },
  options: { output: text('FILE', 'the file. Default standard output', { short: 'o', completion: 'file' }) },
  examples: [
    ['zookit export /app > app.ndjson', 'to standard output'],
    ['zookit export /app | grep -v secret | zookit --hosts other:2181 import', 'to another ensemble'],
  ],
  async run(context, { path = '/' }, { output }) {
    const zk = await context.client()
    const leftOut = new LeftOut(context)
    const records = readOriginals(zk, path, { limits: context.limits, leftOut })
    if (output === undefined) {
      for await (const record of records) {
        context.out.write(`${formatLine(record)}\n`)
        await context.out.drained()
      }
      return leftOut.end()
    }
    await using file = await openWhole(output)
    const written = { count: 0 }
    await file.write(linesOf(records, written)).catch((error: unknown) => {
      if (isZooKeeperError(error) || !(error instanceof Error && 'syscall' in error)) throw error
      throw new CommandError(
        `cannot write ${output}: ${error.message}`,
        ExitCode.failed,
        'Make room or choose another place, and run the command again.',
      )
    })
    context.out.result(
      { path, output, exported: written.count },
      () => `${counted(written.count, 'znode')} exported`,
    )
    leftOut.end()
  },
})

async function* linesOf(
  records: AsyncIterable<ZnodeRecord>,
  written: { count: number },
): AsyncGenerator<string, void, undefined> {
  for await (const record of records) {
    yield `${formatLine(record)}\n`
    written.count++
  }
}
