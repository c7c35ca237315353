import { Mutex } from '@zookit/recipes'
import { type Command, command, path } from '../../program/definition.ts'
import { clientOf, dataOf, HOLD_DETAILS, holdOptions, program, runHeld } from './held-command.ts'

export const lock: Command = command({
  name: 'lock',
  group: 'scripts',
  summary: 'Run a program while a lock is held.',
  details: HOLD_DETAILS,
  args: { path: path('the lock: a znode that is created if it is missing'), command: program },
  options: holdOptions,
  examples: [
    ['zookit lock /locks/backup -- ./backup.sh', 'one machine at a time'],
    ['zookit lock --wait 0 /locks/cron -- ./job', 'not at all if somebody else has it: exit code 124'],
  ],
  async run(context, { path, command: words }, options) {
    const zk = await clientOf(context)
    const mutex = new Mutex(zk, path, { data: dataOf(options) })
    return runHeld(context, words, options, limits =>
      options.wait === 0 ? mutex.tryAcquire(limits) : mutex.acquire(limits),
    )
  },
})
