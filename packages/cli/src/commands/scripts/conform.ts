import type { AuthOptions } from '@zookit/client'
import type { Release } from '@zookit/conformance'
import { type Command, command, flag, text, texts, whole } from '../../program/definition.ts'
import { CommandError, UsageError } from '../../program/errors.ts'
import { ExitCode } from '../../program/exit-codes.ts'
import { variable } from '../../target/variable.ts'
import { regularExpression } from '../../text/pattern.ts'

export const conform: Command = command({
  name: 'conform',
  group: 'ensemble',
  summary: 'Tell which parts of the protocol the servers keep: the conformance suite.',
  details: ['All that it creates is below one znode of the root, and is removed at the end.'],
  options: {
    profile: text('VERSION', 'the release to hold the servers to. Default the one that they tell'),
    only: text('REGEX', 'only the cases whose "area: title" matches'),
    super: text(
      'NAME',
      'the environment variable with USER:PASSWORD of the super user, for the cases that need one',
    ),
    auth: texts('NAME', 'an environment variable with scheme:credential, presented to the servers'),
    dangerous: flag('also the cases that can harm servers that others use'),
    maxWait: whole('MS', 'how long to wait for anything that is expected. Default 5000', { least: 1 }),
  },
  examples: [["zookit conform --only '^framing'", 'one area']],
  async run(context, _args, { profile, only, super: superUser, auth, dangerous, maxWait }) {
    if (profile !== undefined && !/^3\.\d+(\.\d+)?$/.test(profile)) {
      throw new UsageError(`--profile takes a release such as 3.8 or 3.8.4, not '${profile}'`)
    }
    const { hosts, options } = await context.target()
    const own = await Promise.all((options.auth ?? []).map(asked))
    const { formatFailures, formatTable, runConformance } = await import('@zookit/conformance')
    const report = await runConformance({
      hosts,
      tls: options.tls,
      sasl: options.sasl,
      allowInsecureAuth: options.allowInsecureAuth,
      profile: profile as Release | undefined,
      only: only === undefined ? undefined : regularExpression('--only', only),
      superUser: superUser === undefined ? undefined : fromEnvironment(context.io.env, superUser),
      auth: [...own, ...auth.map(name => credential(fromEnvironment(context.io.env, name)))],
      dangerous,
      maxWait,
      signal: context.signal,
    })
    const failures = formatFailures(report)
    context.out.result(report, () => `${failures === '' ? '' : `${failures}\n\n`}${formatTable(report)}`)
    if (report.left !== null) throw new CommandError(report.left, ExitCode.failed, 'Delete it by hand.')
    if (report.interrupted) throw new CommandError('interrupted: not all cases have run', ExitCode.failed)
    return failures === '' ? ExitCode.done : ExitCode.no
  },
})

function fromEnvironment(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]
  if (value !== undefined) return value
  throw new UsageError(`${variable(name)} is not set`)
}

/** Asks for the secret of an identity of the ensemble. */
async function asked({ scheme, auth }: AuthOptions): Promise<{ scheme: string; secret: string }> {
  const secret = typeof auth === 'function' ? await auth() : auth
  return { scheme, secret: Buffer.from(secret as Uint8Array).toString() }
}

function credential(text: string): { scheme: string; secret: string } {
  const colon = text.indexOf(':')
  if (colon > 0) return { scheme: text.slice(0, colon), secret: text.slice(colon + 1) }
  throw new UsageError('a credential is scheme:secret')
}
