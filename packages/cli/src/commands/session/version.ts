import { type Command, command } from '../../program/definition.ts'
import { versionLine, versionOf } from '../../program/version.ts'

export const version: Command = command({
  name: 'version',
  group: 'session',
  summary: 'Print the version of this program.',
  examples: [['zookit version', 'zookit 0.1.0 on Node v20.19.0']],
  async run(context) {
    context.out.result({ zookit: versionOf(), node: process.version }, versionLine)
  },
})
