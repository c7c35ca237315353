import { type Command, command, path, whole } from '../../program/definition.ts'

export const deleteOne: Command = command({
  name: 'delete',
  group: 'znodes',
  summary: 'Delete a znode that has no children.',
  args: { path: path('the znode') },
  options: { version: whole('VERSION', 'delete it only if it has this version', { short: 'v', least: -1 }) },
  examples: [
    ['zookit delete /app/old', 'whatever its version is'],
    ['zookit delete -v 0 /app/old', 'refused with BAD_VERSION if its data was changed'],
  ],
  async run(context, { path }, { version = -1 }) {
    const zk = await context.client()
    await zk.delete(path, { ...context.limits, version })
    context.out.result({ path, deleted: 1 }, () => '')
  },
})
