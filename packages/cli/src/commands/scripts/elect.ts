import { LeaderElection } from '@zookit/recipes'
import { type Command, command, flag, path } from '../../program/definition.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { clientOf, dataOf, HOLD_DETAILS, holdOptions, program, runHeld } from './held-command.ts'

export const elect: Command = command({
  name: 'elect',
  group: 'scripts',
  summary: 'Stand for election, and run a program while this candidate leads.',
  details: HOLD_DETAILS,
  args: { path: path('the election: a znode that is created if it is missing'), command: program },
  options: {
    again: flag('stand again when the leadership was lost, and run the program again'),
    ...holdOptions,
  },
  examples: [['zookit elect --again /elections/scheduler -- ./scheduler', 'one leader at a time, for ever']],
  async run(context, { path, command: words }, { again, ...options }) {
    const zk = await clientOf(context)
    const election = new LeaderElection(zk, path, { data: dataOf(options) })
    for (;;) {
      const code = await runHeld(context, words, options, limits => election.campaign(limits))
      if (code !== ExitCode.lost || !again || context.signal.aborted) return code
    }
  },
})
