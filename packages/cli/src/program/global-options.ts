import { choice, flag, type Spec, text, texts, whole } from './specs.ts'

/** The values of the options that every command takes. */
export interface GlobalOptions {
  readonly hosts: string | undefined
  readonly ensemble: string | undefined
  readonly config: string | undefined
  readonly json: boolean
  readonly timeout: number | undefined
  readonly sessionTimeout: number | undefined
  readonly readOnly: boolean
  readonly authEnv: readonly string[]
  readonly insecureAuth: boolean
  readonly tlsCa: string | undefined
  readonly tlsCert: string | undefined
  readonly tlsKey: string | undefined
  readonly saslUser: string | undefined
  readonly saslPasswordEnv: string | undefined
  readonly saslKerberos: boolean
  readonly keepGoing: boolean
  readonly color: 'auto' | 'always' | 'never' | undefined
}

/** Options that every command takes. Names in zkCli.sh's own form, such as `-server`, are in `ALIASES`. */
export const globalOptions: { readonly [Name in keyof GlobalOptions]: Spec<GlobalOptions[Name]> } = {
  hosts: text(
    'HOSTS',
    'the servers, such as zk1:2181,zk2:2181/app. Default: $ZOOKIT_HOSTS, else 127.0.0.1:2181',
  ),
  ensemble: text('NAME', 'the ensemble of that name in the configuration file. Default: $ZOOKIT_ENSEMBLE'),
  config: text('FILE', 'the configuration file. Default: $ZOOKIT_CONFIG, else ~/.config/zookit/config.json', {
    completion: 'file',
  }),
  json: flag('print JSON: one object a line'),
  timeout: whole('MS', 'how long to wait for a connection, and for each answer. Default 10000', { least: 1 }),
  sessionTimeout: whole('MS', 'the session timeout to ask for. Default 30000', { least: 1 }),
  readOnly: flag('accept a server that has lost its quorum, for reads'),
  authEnv: texts(
    'NAME',
    'an environment variable with an identity, scheme:credential, such as digest:user:password',
  ),
  insecureAuth: flag('allow passwords on connections that are neither encrypted nor local'),
  tlsCa: text('FILE', "use TLS, and trust this authority's certificate", { completion: 'file' }),
  tlsCert: text('FILE', 'the certificate to show to the servers', { completion: 'file' }),
  tlsKey: text('FILE', 'the private key of that certificate', { completion: 'file' }),
  saslUser: text('NAME', 'the user to authenticate as by SASL DIGEST-MD5'),
  saslPasswordEnv: text('NAME', 'the environment variable with the password of that user'),
  saslKerberos: flag('authenticate by Kerberos, with the ticket of the credential cache'),
  keepGoing: flag('in a script on standard input, go on after a command that fails'),
  color: choice(
    ['auto', 'always', 'never'],
    'when to use colours. Default auto: on a terminal, without $NO_COLOR',
  ),
}

/** Options of zkCli.sh before its command, and their names here. Null: it needs no counterpart. */
export const ALIASES: Readonly<Record<string, string | null>> = {
  '-server': '--hosts',
  '-timeout': '--session-timeout',
  '-r': '--read-only',
  '-waitforconnection': null,
}
