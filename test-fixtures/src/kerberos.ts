import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'
import { watch } from './watchdog.ts'

const REALM = 'ZOOKIT.TEST'
/** MIT Kerberos, as Debian's packages krb5-kdc and krb5-user have it. */
const PROGRAMS = {
  kdc: '/usr/sbin/krb5kdc',
  database: '/usr/sbin/kdb5_util',
  admin: '/usr/sbin/kadmin.local',
  ticket: '/usr/bin/kinit',
}
const TIME_LIMIT = 10_000

/** A realm of Kerberos with a server of its own on 127.0.0.1. */
export interface Kdc extends AsyncDisposable {
  readonly realm: string
  /** The path of the krb5.conf with which clients and servers find it: for KRB5_CONFIG and `java.security.krb5.conf`. */
  readonly config: string
  /** Creates a principal. @returns the path of its keytab */
  addPrincipal(name: string): string
  /** Fetches a ticket for a principal of a keytab. @returns the value of KRB5CCNAME that names the ticket's cache */
  fetchTicket(name: string, keytab: string): string
  /** Returns the value of KRB5CCNAME of a cache that is empty until a ticket is fetched into it. */
  emptyCache(name: string): string
}

/** Tells whether this machine has a Kerberos server to start: `apt-get install krb5-kdc krb5-admin-server krb5-user`. */
export function findKerberos(): boolean {
  return Object.values(PROGRAMS).every(program => existsSync(program))
}

/** Starts a realm of its own, without any other principal than the realm's. */
export async function startKdc(): Promise<Kdc> {
  const directory = mkdtempSync(join(tmpdir(), 'zookit-kdc-'))
  const port = await freePort()
  const realm = new Realm(directory, port)
  try {
    await realm.start()
    return realm
  } catch (error) {
    await realm[Symbol.asyncDispose]()
    throw error
  }
}

class Realm implements Kdc {
  readonly realm = REALM
  readonly config: string
  readonly #directory: string
  readonly #port: number
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | undefined
  #watchdog: ChildProcess | undefined
  #log = ''

  constructor(directory: string, port: number) {
    this.#directory = directory
    this.#port = port
    this.config = join(directory, 'krb5.conf')
    this.#env = { ...process.env, KRB5_CONFIG: this.config, KRB5_KDC_PROFILE: join(directory, 'kdc.conf') }
  }

  async start(): Promise<void> {
    const directory = this.#directory
    writeFileSync(this.config, clientConfig(this.#port))
    writeFileSync(join(directory, 'kdc.conf'), serverConfig(directory, this.#port))
    this.#run(PROGRAMS.database, ['create', '-s', '-P', 'master'])
    const child = spawn(PROGRAMS.kdc, ['-n'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const output of [child.stdout, child.stderr]) output.on('data', chunk => (this.#log += chunk))
    await once(child, 'spawn')
    this.#child = child
    this.#watchdog = watch(child.pid as number, directory)
    await this.#listening()
  }

  addPrincipal(name: string): string {
    const keytab = join(this.#directory, `${name.replaceAll('/', '-')}.keytab`)
    this.#run(PROGRAMS.admin, ['-q', `addprinc -randkey ${name}@${REALM}`])
    this.#run(PROGRAMS.admin, ['-q', `ktadd -k ${keytab} ${name}@${REALM}`])
    return keytab
  }

  fetchTicket(name: string, keytab: string): string {
    const cache = this.emptyCache(name)
    this.#run(PROGRAMS.ticket, ['-k', '-t', keytab, '-c', cache, `${name}@${REALM}`])
    return cache
  }

  emptyCache(name: string): string {
    return `FILE:${join(this.#directory, `${name}.cache`)}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    this.#watchdog?.stdin?.end('over\n')
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #run(program: string, args: readonly string[]): void {
    execFileSync(program, [...args], { env: this.#env, stdio: 'pipe' })
  }

  async #listening(): Promise<void> {
    const deadline = performance.now() + TIME_LIMIT
    while (!(await accepts(this.#port))) {
      if (performance.now() > deadline) throw new Error(`krb5kdc does not listen:\n${this.#log}`)
      await sleep(20)
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    const end = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

/** Makes the krb5.conf of clients. Its names are those of this machine and of the test: DNS is not asked. */
function clientConfig(port: number): string {
  return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
`
}

function serverConfig(directory: string, port: number): string {
  return `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${directory}/principal
    key_stash_file = ${directory}/stash
    acl_file = ${directory}/kadm5.acl
    max_life = 10h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }
[logging]
  kdc = STDERR
`
}
