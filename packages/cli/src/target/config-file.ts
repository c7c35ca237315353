import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ConnectOptions } from '@zookit/client'
import * as v from 'valibot'
import { UsageError } from '../program/errors.ts'
import { type SecretReference, type SecretSource, secretOf } from './secret.ts'
import { readTls } from './tls-files.ts'
import type { Target } from './types.ts'

const nonEmpty = v.pipe(v.string(), v.nonEmpty('must not be empty'))
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(1))

/** A secret stands in the file by reference only: a file is copied, shown and committed too easily. */
const secret = v.union(
  [
    v.strictObject({ env: nonEmpty }),
    v.strictObject({ command: v.union([nonEmpty, v.pipe(v.array(nonEmpty), v.minLength(1))]) }),
  ],
  'a secret is { "env": NAME } or { "command": COMMAND }, never the text itself',
)

const ensemble = v.strictObject({
  hosts: nonEmpty,
  chroot: v.optional(v.pipe(v.string(), v.startsWith('/'))),
  tls: v.optional(
    v.strictObject({
      ca: v.optional(nonEmpty),
      cert: v.optional(nonEmpty),
      key: v.optional(nonEmpty),
      passphrase: v.optional(secret),
      servername: v.optional(nonEmpty),
      rejectUnauthorized: v.optional(v.boolean()),
    }),
  ),
  auth: v.optional(v.array(v.strictObject({ scheme: nonEmpty, credential: secret }))),
  sasl: v.optional(
    v.variant('mechanism', [
      v.strictObject({ mechanism: v.literal('DIGEST-MD5'), username: nonEmpty, password: secret }),
      v.strictObject({
        mechanism: v.literal('GSSAPI'),
        service: v.optional(nonEmpty),
        hostname: v.optional(nonEmpty),
        principal: v.optional(nonEmpty),
      }),
    ]),
  ),
  sessionTimeout: v.optional(milliseconds),
  readOnly: v.optional(v.boolean()),
  allowInsecureAuth: v.optional(v.boolean()),
})

const configuration = v.strictObject({
  default: v.optional(nonEmpty),
  ensembles: v.record(nonEmpty, ensemble),
})

type Ensemble = v.InferOutput<typeof ensemble>

/**
 * Reads one ensemble of the configuration file.
 *
 * @param name the ensemble, or undefined for the file's default.
 * @returns null if no name was given, and the file has no default.
 * @throws UsageError that names the file and the place in it.
 */
export function readEnsemble(file: string, name: string | undefined, source: SecretSource): Target | null {
  const { default: standard, ensembles } = parse(file)
  const wanted = name ?? standard
  if (wanted === undefined) return null
  const found = ensembles[wanted]
  if (found === undefined) {
    const names = Object.keys(ensembles).join(', ')
    throw new UsageError(`${file} has no ensemble '${wanted}'`, `It has: ${names || 'none'}.`)
  }
  return targetOf(wanted, found, dirname(file), source)
}

function parse(file: string): v.InferOutput<typeof configuration> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`cannot read the configuration file ${file}: ${withoutQuote(error as Error)}`)
  }
  const result = v.safeParse(configuration, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const place = v.getDotPath(issue) ?? 'the whole'
  throw new UsageError(
    `the configuration file ${file} is invalid: ${place}: ${withoutValue(issue)}`,
    'docs/cli.md has an example.',
  )
}

/** Returns the message of an error without the text that it quotes from the file, which may be a secret. */
function withoutQuote({ message }: Error): string {
  return message.replace(/,? (\.{3})?".*is not valid JSON$/s, ' in JSON')
}

/** Tells what is wrong without the value, which may be a secret in the wrong place. */
function withoutValue(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'strict_object') return 'there is no such key'
  return issue.message.replace(/ but received .*$/s, '')
}

function targetOf(name: string, ensemble: Ensemble, directory: string, source: SecretSource): Target {
  const { hosts, chroot = '', tls, auth, sasl, ...settings } = ensemble
  if (chroot !== '' && hosts.includes('/')) {
    throw new UsageError(`the ensemble '${name}' has a chroot in hosts and another one`, 'Keep one of them.')
  }
  const refusal = new AbortController()
  // To the client a failure is that of one attempt, but asking again would not help.
  const final = async <Value>(reading: Promise<Value>): Promise<Value> => {
    try {
      return await reading
    } catch (error) {
      refusal.abort(error)
      throw error
    }
  }
  const read = (reference: SecretReference) => final(secretOf(reference, source))
  const options: ConnectOptions = {
    ...settings,
    ...(sasl && { sasl: saslOptions(sasl, read) }),
    ...(tls && { tls: () => final(tlsOptions(tls, directory, source)) }),
    ...(auth && {
      auth: auth.map(({ scheme, credential }) => ({
        scheme,
        auth: async () => Buffer.from(await read(credential)),
      })),
    }),
  }
  return { name, hosts: `${hosts}${chroot}`, options, refused: refusal.signal }
}

async function tlsOptions(
  { ca, cert, key, passphrase, ...more }: NonNullable<Ensemble['tls']>,
  directory: string,
  source: SecretSource,
): Promise<object> {
  const secret = passphrase && { passphrase: await secretOf(passphrase as SecretReference, source) }
  return { ...readTls({ ca, cert, key }, directory), ...more, ...secret }
}

function saslOptions(
  sasl: NonNullable<Ensemble['sasl']>,
  read: (reference: SecretReference) => Promise<string>,
): ConnectOptions['sasl'] {
  if (sasl.mechanism === 'GSSAPI') return sasl
  return { ...sasl, password: () => read(sasl.password) }
}
