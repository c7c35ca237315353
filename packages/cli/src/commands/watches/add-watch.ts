import { type Command, choice, command, path } from '../../program/definition.ts'
import { follow } from './follow.ts'

export const addWatch: Command = command({
  name: 'addWatch',
  group: 'watches',
  summary: 'Watch a znode permanently: every change, until the watch is removed.',
  details: ['In a run of its own it tells of the changes until Ctrl-C. Needs server 3.6.'],
  args: { path: path('the znode') },
  options: {
    mode: choice(
      ['PERSISTENT', 'PERSISTENT_RECURSIVE'],
      'with RECURSIVE, the default, also all znodes below it',
      { short: 'm' },
    ),
  },
  examples: [
    ['addWatch /app', 'in the shell: /app and all below it'],
    ['addWatch -m PERSISTENT /app', 'in the shell: /app and the list of its children'],
  ],
  async run(context, { path }, { mode = 'PERSISTENT_RECURSIVE' }) {
    const zk = await context.client()
    const following = follow(context, zk, path, mode === 'PERSISTENT_RECURSIVE')
    // A read after the watch: when it is answered, the server has the watch.
    await zk.exists(path, context.limits)
    await context.stay(following)
  },
})
