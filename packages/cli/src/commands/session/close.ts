import { type Command, command } from '../../program/definition.ts'

export const close: Command = command({
  name: 'close',
  group: 'session',
  summary: 'End the session: its ephemeral znodes and watches are gone.',
  details: ['The shell goes on; its next command begins another session.'],
  examples: [['close', 'in the shell']],
  async run(context) {
    await context.disconnect()
    context.out.result({ closed: true }, () => '')
  },
})
