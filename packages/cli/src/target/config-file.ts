import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ConnectOptions } from '@zookit/client'
import * as v from 'valibot'
import { UsageError } from '../program/errors.ts'
import { checkHosts, hostsFault } from './hosts.ts'
import { type SecretReference, type SecretSource, secretOf } from './secret.ts'
import { readTls } from './tls-files.ts'
import type { Target } from './types.ts'

/** The longest time that a server takes, and the longest of a timer. */
const MOST_MS = 2 ** 31 - 1

const nonEmpty = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'))
const yesOrNo = v.boolean('must be true or false')
/** A number is quoted, as it is no secret. */
const milliseconds = v.pipe(
  v.number(`must be a whole number of milliseconds from 1 to ${MOST_MS}`),
  v.check(
    value => Number.isInteger(value) && value >= 1 && value <= MOST_MS,
    ({ input }) => `must be a whole number of milliseconds from 1 to ${MOST_MS}, not ${input}`,
  ),
)
/** Tells what is wrong with an object of these keys, without its values, which may be secrets in the wrong place. */
function faultOf(entries: object): (issue: v.BaseIssue<unknown>) => string {
  return ({ expected }) => {
    if (expected === 'never') return `there is no such key; there are ${Object.keys(entries).join(', ')}`
    return expected === 'Object' ? MUST_BE_OBJECT : 'it is missing'
  }
}

const MUST_BE_OBJECT = 'must be an object'

/** An object, which a list is not here. */
const object = v.pipe(
  v.unknown(),
  v.check(value => typeof value === 'object' && value !== null && !Array.isArray(value), MUST_BE_OBJECT),
)

function keys<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.strictObject(entries, faultOf(entries))
}

/** A secret stands in the file by reference only: a file is copied, shown and committed too easily. */
const secret = v.union(
  [
    v.strictObject({ env: nonEmpty }),
    v.strictObject({
      command: v.union([nonEmpty, v.pipe(v.array(nonEmpty), v.minLength(1, 'must not be empty'))]),
    }),
  ],
  'a secret is { "env": NAME } or { "command": COMMAND }, never the text itself',
)

const tls = v.pipe(
  object,
  keys({
    ca: v.optional(nonEmpty),
    cert: v.optional(nonEmpty),
    key: v.optional(nonEmpty),
    passphrase: v.optional(secret),
    servername: v.optional(nonEmpty),
    rejectUnauthorized: v.optional(yesOrNo),
  }),
  v.check(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key belong together'),
)

const sasl = v.pipe(
  object,
  v.variant(
    'mechanism',
    [
      keys({ mechanism: v.literal('DIGEST-MD5'), username: nonEmpty, password: secret }),
      keys({
        mechanism: v.literal('GSSAPI'),
        service: v.optional(nonEmpty),
        hostname: v.optional(nonEmpty),
        principal: v.optional(nonEmpty),
      }),
    ],
    'must be DIGEST-MD5 or GSSAPI',
  ),
)

const identity = v.pipe(object, keys({ scheme: nonEmpty, credential: secret }))

const ensemble = v.pipe(
  object,
  keys({
    hosts: nonEmpty,
    chroot: v.optional(v.pipe(v.string('must be a text'), v.startsWith('/', "must begin with '/'"))),
    tls: v.optional(tls),
    auth: v.optional(v.array(identity, 'must be a list')),
    sasl: v.optional(sasl),
    sessionTimeout: v.optional(milliseconds),
    readOnly: v.optional(yesOrNo),
    allowInsecureAuth: v.optional(yesOrNo),
  }),
)

const configuration = v.pipe(
  object,
  keys({
    default: v.optional(nonEmpty),
    ensembles: v.pipe(object, v.record(nonEmpty, ensemble)),
  }),
)

type Ensemble = v.InferOutput<typeof ensemble>

/**
 * Reads one ensemble of the configuration file.
 *
 * @param name the ensemble, or undefined for the file's default.
 * @returns null if no name was given, and the file has no default.
 * @throws UsageError that names the file and the place in it.
 */
export async function readEnsemble(
  file: string,
  name: string | undefined,
  source: SecretSource,
): Promise<Target | null> {
  const { default: standard, ensembles } = parse(file)
  const wanted = name ?? standard
  if (wanted === undefined) return null
  const found = ensembles[wanted]
  if (found === undefined) {
    const names = Object.keys(ensembles).join(', ')
    const origin = name === undefined ? ', which is its default' : ''
    throw new UsageError(`${file} has no ensemble '${wanted}'${origin}`, `It has: ${names || 'none'}.`)
  }
  await checkPlaces(file, wanted, found)
  return targetOf(wanted, found, dirname(file), source)
}

/** Checks the texts that say where an ensemble is. @throws UsageError. */
async function checkPlaces(file: string, name: string, { hosts, chroot = '' }: Ensemble): Promise<void> {
  const place = (key: string): string => `the configuration file ${file} is invalid: ensembles.${name}.${key}`
  await checkHosts(hosts, place('hosts'), 'the key auth')
  if (chroot === '') return
  if (hosts.includes('/'))
    throw new UsageError(`${place('chroot')}: hosts has one already`, 'Keep one of them.')
  const fault = await hostsFault(`host${chroot}`)
  if (fault !== null) throw new UsageError(`${place('chroot')}: ${fault.replace(/^at index \d+: /, '')}`)
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
    `the configuration file ${file} is invalid: ${place}: ${issue.message}`,
    'docs/cli.md has an example.',
  )
}

/** Returns the message of an error without the text that it quotes from the file, which may be a secret. */
function withoutQuote({ message }: Error): string {
  return message.replace(/,? (\.{3})?".*is not valid JSON$/s, ' in JSON')
}

function targetOf(name: string, ensemble: Ensemble, directory: string, source: SecretSource): Target {
  const { hosts, chroot = '', tls, auth, sasl, ...settings } = ensemble
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
