import { type Command, command, optionalArgument } from '../../program/definition.ts'
import { hex } from '../../text/stat.ts'

export const connectTo: Command = command({
  name: 'connect',
  group: 'session',
  summary: 'Connect to other servers, or to the same ones with a new session.',
  details: ['In a run of its own it tells whether a session can be had.'],
  args: { hosts: optionalArgument('the servers. Default: the same again') },
  examples: [
    ['connect zk2:2181/app', 'in the shell: from now on to that server, with a chroot'],
    ['zookit --hosts zk2:2181 connect', 'the session that a server gives'],
  ],
  async run(context, { hosts }) {
    await context.connectTo(hosts)
    const zk = await context.client()
    const { id, timeout, server } = zk.session
    const address = server === null ? 'no server' : `${server.host}:${server.port}`
    context.out.result(
      { server, session: hex(id), timeout, state: zk.state },
      () => `Connected to ${address}, session ${hex(id)}, timeout ${timeout} ms`,
    )
  },
})
