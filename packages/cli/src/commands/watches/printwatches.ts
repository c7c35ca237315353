import { type Command, type Completion, command, optionalArgument } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { inShell } from '../session/in-shell.ts'

const WORDS: Completion & readonly string[] = ['on', 'off']

export const printwatches: Command = command({
  name: 'printwatches',
  group: 'watches',
  summary: 'Turn the printing of events on or off, or tell which it is.',
  args: { state: optionalArgument('on or off', WORDS) },
  examples: [['printwatches off', 'in the shell']],
  async run(context, { state }) {
    const shell = inShell(context, 'printwatches')
    if (state !== undefined && !WORDS.includes(state)) throw new UsageError(`it is on or off, not '${state}'`)
    if (state !== undefined) shell.printWatches = state === 'on'
    const now = shell.printWatches ? 'on' : 'off'
    context.out.result({ printwatches: now }, () => (state === undefined ? `printwatches is ${now}` : ''))
  },
})
