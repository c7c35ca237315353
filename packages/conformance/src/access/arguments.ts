import { readFileSync } from 'node:fs'
import type { AccessOptions } from './access.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The values of the options of TLS and SASL. */
export interface AccessValues {
  readonly 'tls-ca'?: string | undefined
  readonly 'tls-cert'?: string | undefined
  readonly 'tls-key'?: string | undefined
  readonly 'sasl-user'?: string | undefined
  readonly 'sasl-password-env'?: string | undefined
  readonly 'sasl-kerberos'?: boolean | undefined
  readonly 'insecure-auth'?: boolean | undefined
}

/**
 * Reads how the servers are reached, and as whom, from the values of a command line.
 *
 * @throws Error that names the option: one is missing, or a file cannot be read.
 */
export function accessFrom(values: AccessValues, env: Environment): AccessOptions {
  const files = { ca: values['tls-ca'], cert: values['tls-cert'], key: values['tls-key'] }
  if ((files.cert === undefined) !== (files.key === undefined))
    throw new Error('--tls-cert and --tls-key belong together')
  const named = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const tls = Object.fromEntries(named.map(([name, file]) => [name, readFileSync(file)]))
  return {
    tls: named.length > 0 ? tls : null,
    sasl: sasl(values, env),
    allowInsecureAuth: values['insecure-auth'] ?? false,
  }
}

function sasl(values: AccessValues, env: Environment): AccessOptions['sasl'] {
  const [username, variable] = [values['sasl-user'], values['sasl-password-env']]
  if ((username === undefined) !== (variable === undefined))
    throw new Error('--sasl-user and --sasl-password-env belong together')
  if (values['sasl-kerberos'] && username !== undefined)
    throw new Error('--sasl-kerberos and --sasl-user exclude each other')
  if (values['sasl-kerberos']) return { mechanism: 'GSSAPI' }
  if (username === undefined || variable === undefined) return null
  const password = env[variable]
  // Its name may be the password, given in the wrong place.
  if (password === undefined) throw new Error('the environment variable of --sasl-password-env is not set')
  return { mechanism: 'DIGEST-MD5', username, password }
}
