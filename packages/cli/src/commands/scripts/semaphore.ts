import { Semaphore } from '@zookit/recipes'
import { type Command, command, path, whole } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { clientOf, dataOf, HOLD_DETAILS, holdOptions, program, runHeld } from './held-command.ts'

export const semaphore: Command = command({
  name: 'semaphore',
  group: 'scripts',
  summary: 'Run a program while one of a number of permits is held.',
  details: HOLD_DETAILS,
  args: { path: path('the semaphore: a znode that is created if it is missing'), command: program },
  options: {
    size: whole('COUNT', 'how many hold it at a time: the same number for all who use the path', {
      short: 'n',
      least: 1,
    }),
    weight: whole('COUNT', 'how many permits the program takes. Default 1', { least: 1 }),
    ...holdOptions,
  },
  examples: [['zookit semaphore -n 3 /limits/api -- ./fetch', 'three at a time']],
  async run(context, { path, command: words }, { size, weight, ...options }) {
    if (size === undefined) throw new UsageError('the size is missing', 'Give it with --size COUNT.')
    const zk = await clientOf(context)
    const permits = new Semaphore(zk, path, { size, data: dataOf(options) })
    return runHeld(context, words, options, limits => {
      const given = { ...limits, weight }
      return options.wait === 0 ? permits.tryAcquire(given) : permits.acquire(given)
    })
  },
})
