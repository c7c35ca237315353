import { type Command, command, path } from '../../program/definition.ts'
import { toJsonData } from '../../text/data.ts'

export const cat: Command = command({
  name: 'cat',
  group: 'trees',
  summary: 'Write the bytes of a znode to standard output, and nothing else.',
  args: { path: path('the znode') },
  examples: [['zookit cat /app/image > image.png', 'byte for byte']],
  async run(context, { path }) {
    const zk = await context.client()
    const { data } = await zk.getData(path, context.limits)
    if (context.out.json) return context.out.result({ path, ...toJsonData(data) }, () => '')
    if (data !== null) context.out.write(data)
  },
})
