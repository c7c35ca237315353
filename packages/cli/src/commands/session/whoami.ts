import { type Command, command } from '../../program/definition.ts'

export const whoami: Command = command({
  name: 'whoami',
  group: 'session',
  summary: 'List the identities that the server has for this connection.',
  details: ['Needs server 3.7.'],
  examples: [['zookit --auth-env ALICE whoami', 'ip: 127.0.0.1, digest: alice']],
  async run(context) {
    const zk = await context.client()
    const identities = await zk.whoAmI(context.limits)
    context.out.result({ identities }, () =>
      ['Auth scheme: User', ...identities.map(({ authScheme, user }) => `${authScheme}: ${user}`)].join('\n'),
    )
  },
})
