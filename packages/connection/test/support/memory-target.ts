import {
  authorityPem,
  certificate,
  type EnsembleMember,
  type EnsembleOptions,
  fourLetterWord,
  type RealEnsemble,
  type RealServer,
  type ServerMode,
  type ServerOptions,
  type Target,
} from '@zookit/test-fixtures'
import {
  digestId,
  TestEnsemble,
  type TestEnsembleOptions,
  type TestMember,
  TestServer,
} from '@zookit/testing'

/** A handle of a server in memory, which is started and stopped as real ones are. Its log is empty. */
abstract class Handle<Control extends TestServer | TestMember> implements RealServer {
  protected readonly control: Control
  readonly version = '3.9'
  readonly securePort: number | undefined
  readonly adminPort: undefined
  #frozenAt: number | null = null

  constructor(control: Control, isSecure = false) {
    this.control = control
    this.securePort = isSecure ? control.port : undefined
  }

  get hosts(): string {
    return this.control.hosts
  }

  get host(): string {
    return this.control.host
  }

  get port(): number {
    return this.control.port
  }

  async pause(): Promise<void> {
    this.control.stopReading(true)
    this.control.holdReplies()
    this.control.freezeTime()
    this.#frozenAt = performance.now()
  }

  /** Continues the server. As after SIGCONT, it notices first how much time has passed. */
  async resume(): Promise<void> {
    if (this.#frozenAt === null) return
    this.control.advance(performance.now() - this.#frozenAt)
    this.#frozenAt = null
    this.control.resumeTime()
    this.control.stopReading(false)
    this.control.releaseReplies()
  }

  async kill(): Promise<void> {
    await this.resume()
    await this.control.stop()
  }

  async restart(): Promise<void> {
    await this.resume()
    await this.control.restart()
  }

  stop(): Promise<void> {
    return this.kill()
  }

  fourLetter(word: string): Promise<string> {
    return fourLetterWord(this.host, this.port, word)
  }

  abstract mode(): Promise<ServerMode | undefined>

  async log(): Promise<string> {
    return ''
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

class LoneServer extends Handle<TestServer> {
  async mode(): Promise<ServerMode | undefined> {
    return this.control.running ? 'standalone' : undefined
  }
}

class Member extends Handle<TestMember> implements EnsembleMember {
  readonly spec = ''

  get id(): number {
    return this.control.id
  }

  async mode(): Promise<ServerMode | undefined> {
    const { role } = this.control
    return role === 'down' ? undefined : role
  }
}

class Ensemble implements RealEnsemble {
  readonly members: readonly Member[]
  readonly #ensemble: TestEnsemble

  constructor(ensemble: TestEnsemble, isSecure: boolean) {
    this.#ensemble = ensemble
    this.members = ensemble.members.map(member => new Member(member, isSecure))
  }

  get hosts(): string {
    return this.#ensemble.hosts
  }

  async leader(): Promise<Member> {
    return this.members.find(({ id }) => id === this.#ensemble.leader?.id)!
  }

  async followers(): Promise<readonly Member[]> {
    const ids = this.#ensemble.followers.map(({ id }) => id)
    return this.members.filter(({ id }) => ids.includes(id))
  }

  /** Returns at once: an election in memory takes no time. */
  async waitForQuorum(): Promise<void> {
    if (this.#ensemble.leader === null) throw new Error('no majority is running')
  }

  stop(): Promise<void> {
    return this.#ensemble.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

/** Returns a real server's options, as far as they mean something in memory. */
function translate(options: ServerOptions): TestEnsembleOptions {
  const { tickTime, maxSessionTimeout, superPassword, sasl, requireAuth, properties } = options
  const maxBuffer = properties?.['jute.maxbuffer']
  const required = sasl?.required ? ['sasl'] : requireAuth
  return {
    // As test-fixtures sets real servers up: by default they look once a minute.
    containerCheckInterval: 200,
    ...(tickTime === undefined ? {} : { tickTime }),
    ...(maxSessionTimeout === undefined ? {} : { maxSessionTimeout }),
    ...(superPassword === undefined ? {} : { superDigest: digestId(`super:${superPassword}`) }),
    ...(sasl === undefined ? {} : { sasl: sasl.users }),
    ...(options.reconfigEnabled === undefined ? {} : { reconfigEnabled: options.reconfigEnabled }),
    ...(properties?.['zookeeper.allowSaslFailedClients'] === 'true' ? { allowSaslFailedClients: true } : {}),
    ...(required === undefined ? {} : { requireAuth: required }),
    ...(maxBuffer === undefined ? {} : { maxBuffer: Number(maxBuffer) }),
    ...(options.readOnlyMode === undefined ? {} : { readOnlyMode: options.readOnlyMode }),
    ...(options.tls === undefined ? {} : { tls: translateTls(options) }),
  }
}

function translateTls({ tls, properties }: ServerOptions): NonNullable<TestEnsembleOptions['tls']> {
  const { certificate: name = 'server', clientAuth = 'none' } = typeof tls === 'object' ? tls : {}
  const protocol = properties?.['zookeeper.ssl.protocol']
  return {
    ...certificate(name),
    ca: authorityPem(),
    requestCert: clientAuth !== 'none',
    rejectUnauthorized: clientAuth === 'need',
    minVersion: protocol === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2',
    maxVersion: protocol === 'TLSv1.2' ? 'TLSv1.2' : 'TLSv1.3',
  }
}

/** The in-memory server in a real one's place. */
export const memoryTarget: Omit<Target, 'kind'> = {
  name: 'the in-memory server',
  async startServer(options: ServerOptions = {}): Promise<RealServer> {
    return new LoneServer(await TestServer.start(translate(options)), options.tls !== undefined)
  },
  async startEnsemble(options: EnsembleOptions = {}): Promise<RealEnsemble> {
    const { size = 3, firstId = 1 } = options
    const ensemble = await TestEnsemble.start({ ...translate(options), size, firstId })
    return new Ensemble(ensemble, options.tls !== undefined)
  },
}
