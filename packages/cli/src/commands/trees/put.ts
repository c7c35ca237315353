import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import type { Context } from '../../program/context.ts'
import { type Command, command, flag, optionalArgument, path, whole } from '../../program/definition.ts'
import { codeOf } from '../../program/errors.ts'
import { cannotRead, standardInput } from '../../program/standard-input.ts'

export const put: Command = command({
  name: 'put',
  group: 'trees',
  summary: 'Write the bytes of a file or of standard input to a znode. Creates it if it is missing.',
  details: ['In the shell and in a script it needs a file: their lines come from standard input.'],
  args: { path: path('the znode'), file: optionalArgument('the file. Default standard input', 'file') },
  options: {
    version: whole('VERSION', 'write only if it has this version', { short: 'v' }),
    parents: flag('create missing parents', 'p'),
  },
  examples: [
    ['zookit put /app/image image.png', 'from a file'],
    ['gzip < dump | zookit put /app/dump', 'from a pipe, byte for byte'],
  ],
  async run(context, { path, file }, { version, parents }) {
    const bytes = await read(context, file)
    const zk = await context.client()
    try {
      const stat = await zk.setData(path, bytes, { ...context.limits, version: version ?? -1 })
      return context.out.result({ path, bytes: bytes.length, stat }, () => '')
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE' || version !== undefined) throw error
    }
    if (parents) await zk.ensurePath(path.slice(0, path.lastIndexOf('/')) || '/', context.limits)
    const { stat } = await zk.createWithStat(path, bytes, context.limits)
    context.out.result({ path, bytes: bytes.length, stat, created: true }, () => '')
  },
})

async function read(context: Context, file: string | undefined): Promise<Buffer> {
  const input = file === undefined ? standardInput(context) : null
  try {
    return input === null ? await readFile(file!) : await buffer(input)
  } catch (error) {
    throw cannotRead(file ?? 'standard input', error)
  }
}
