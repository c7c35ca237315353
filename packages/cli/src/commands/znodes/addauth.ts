import { argument, type Command, command, optionalArgument, text } from '../../program/definition.ts'
import { UsageError } from '../../program/errors.ts'
import { variable } from '../../target/variable.ts'

export const addauth: Command = command({
  name: 'addauth',
  group: 'session',
  summary: 'Present an identity for the rest of the session.',
  details: [
    'A credential on the command line is seen by other users of the machine: use --env, or the global option --auth-env. The shell keeps no line with `addauth` in its history.',
  ],
  args: {
    scheme: argument('the scheme, such as digest', ['digest', 'ip', 'x509', 'sasl']),
    auth: optionalArgument('the credential, such as user:password'),
  },
  options: { env: text('NAME', 'the environment variable that holds the credential') },
  examples: [
    ['addauth digest alice:secret', 'in the shell'],
    ['zookit --auth-env ALICE get /private', 'for one command; ALICE=digest:alice:secret'],
  ],
  async run(context, { scheme, auth }, { env }) {
    if (env !== undefined && auth !== undefined)
      throw new UsageError('give the credential or --env, not both')
    const credential = env === undefined ? (auth ?? '') : context.io.env[env]
    if (credential === undefined) throw new UsageError(`${variable(env!)} is not set`)
    const zk = await context.client()
    await zk.addAuth(scheme, credential)
    context.out.result({ scheme, added: true }, () => '')
  },
})
