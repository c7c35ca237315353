import { hasSecret, type TlsOptions } from '@zookit/connection'
import { AdminError } from '../admin-error.ts'
import { badArgument, CALL_OPTIONS, type CallOptions, checkOptions } from '../options.ts'

/** A credential for `snapshot` and `restore`. */
export interface AdminAuth {
  /** `digest`, or the name of another provider of the server; `ip` and `x509` need no id. */
  scheme: string
  /** The identity in the form of the scheme, such as `user:password`. It has no space. */
  id?: string
}

/** The options of an AdminServer. */
export interface AdminServerOptions extends CallOptions {
  auth?: AdminAuth | null
  /** Node's TLS options for https. */
  tls?: TlsOptions | null
  /** True to allow a secret over http to another machine. Default false. */
  allowInsecureAuth?: boolean
}

export const ADMIN_OPTIONS: readonly string[] = [...CALL_OPTIONS, 'auth', 'tls', 'allowInsecureAuth']

const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Checks a url, and fills the path of the commands in. @throws AdminError BAD_ARGUMENTS. */
export function readUrl(url: string | URL): URL {
  if (!(url instanceof URL) && !URL.canParse(String(url))) {
    throw badArgument('AdminServer', 'the url must be such as http://127.0.0.1:8080')
  }
  const parsed = new URL(url)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw badArgument('AdminServer', `the url must begin with http: or https:, not ${parsed.protocol}`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw badArgument('AdminServer', 'a credential does not belong in the url: use auth')
  }
  if (parsed.pathname === '/') parsed.pathname = '/commands'
  parsed.pathname = parsed.pathname.replace(/\/$/, '')
  parsed.search = ''
  parsed.hash = ''
  return parsed
}

/** Makes the headers that authenticate. @throws AdminError BAD_ARGUMENTS or INSECURE_AUTH. */
export function headersOf(
  url: URL,
  { auth, allowInsecureAuth = false }: AdminServerOptions,
): Record<string, string> {
  if (auth === undefined || auth === null) return {}
  checkOptions('AdminServer', auth, ['scheme', 'id'])
  const { scheme, id } = auth
  if (typeof scheme !== 'string' || !/^[\w.-]+$/.test(scheme))
    throw badArgument('AdminServer', 'auth.scheme must be a name')
  if (id !== undefined && (typeof id !== 'string' || !/^[\x21-\x7e]+$/.test(id))) {
    throw badArgument(
      'AdminServer',
      'auth.id must be printable ASCII without a space: AdminServer takes nothing else',
    )
  }
  const isSecret = id !== undefined && hasSecret(scheme)
  if (isSecret && url.protocol === 'http:' && !LOCAL.test(url.hostname) && !allowInsecureAuth) {
    throw new AdminError(
      'INSECURE_AUTH',
      'the password would cross the network in clear text: use https, or allowInsecureAuth',
      {
        server: url.origin,
      },
    )
  }
  return { authorization: id === undefined ? scheme : `${scheme} ${id}` }
}
