import { type ConnectOptions, connect, type SessionState, type ZooKeeper } from '@zookit/client'
import type { SimulatedProcess, World } from '@zookit/testing/simulate'
import { failNow } from './violation.ts'

/** The message of an error that a listener throws to see that it harms nobody. */
export const PURPOSE = 'thrown on purpose'

/** Milliseconds after the end of a session that is not renewed, until which every call on it must have ended. */
const LAST_WORDS = 5000

/** Options that every client of a run is connected with. */
export interface ActorOptions extends Omit<ConnectOptions, 'environment'> {
  readonly chroot: string
}

/** Tells whether a state is a client's last one but `closed`. */
function isLast(state: SessionState, { renew }: ActorOptions): boolean {
  return state === 'auth-failed' || (state === 'expired' && renew === false)
}

/** Tells whether a client has just given its connection up itself, because of its server's silence. */
function isOfSilence(zk: ZooKeeper): boolean {
  return /the server has (sent|read) nothing/.test(zk.health().lastError?.message ?? '')
}

/** A process of the simulated world with one client in it, which is restarted after it was killed. */
export class Actor {
  readonly name: string
  readonly #world: World
  readonly #hosts: string
  readonly #options: ActorOptions
  #process: SimulatedProcess
  #zk: ZooKeeper | null = null
  #life = 0
  /** The process was suspended, which its monotonic clock did not notice: `certain` may be wrong from then on. */
  wasSuspended = false
  /** The wall clock was moved, by which a client notices that its machine was suspended. */
  clockWasMoved = false

  /** Calls of the present life that have not ended, with the time at which each began. */
  #calls = new Set<{ readonly since: number }>()
  /** Every session that the process has had. */
  readonly sessions = new Set<bigint>()

  /** The time when the client's session was suspended, on the client's clock; null while it is not. */
  suspendedAt: number | null = null
  /** The newest transaction that the client had seen when it was last connected: its server has it, too. */
  seenWhenConnected = 0n
  /** The number of times that the connection was lost. */
  losses = 0
  /** The number of times that it gave its connection up because no server had spoken or read, or lost its session. */
  givenUp = 0
  /** Things that had happened in the world when the client was last connected again. */
  restoredAt = 0
  /** The times of the world at which a connection was begun since the client was last connected. */
  attempts: number[] = []
  /** Failed attempts that the client has told of since it was last connected. */
  failures = 0
  /** A connection was lost between its handshake and `connected`, which the client must tell of. */
  wasLostInRestore = false

  constructor(world: World, name: string, hosts: string, options: ActorOptions) {
    this.#world = world
    this.name = name
    this.#hosts = hosts
    this.#options = options
    this.#process = world.process(name)
  }

  get process(): SimulatedProcess {
    return this.#process
  }

  /** Number of the process's life: 1 for the first. What was begun in an earlier one never ends. */
  get life(): number {
    return this.#life
  }

  /** The client, or null while the process is down or connects for the first time. */
  get zk(): ZooKeeper | null {
    return this.#zk
  }

  /** Begins a life: connects, however long that takes. */
  start(): void {
    const life = ++this.#life
    const { chroot, ...options } = this.#options
    const hosts = this.#hosts + chroot
    const { environment } = this.#process
    connect(hosts, {
      ...options,
      connectTimeout: Number.POSITIVE_INFINITY,
      environment: {
        ...environment,
        open: (target, handler) => {
          if (this.#life === life) this.attempts.push(this.#world.now)
          return environment.open(target, handler)
        },
      },
    }).then(
      zk => {
        if (this.#life === life) this.#adopt(zk)
      },
      error => {
        // Where no session is renewed, the first one may end before `connect` has.
        if (this.#life === life && !options.renew && error.code === 'SESSION_EXPIRED') return this.restart()
        // A connection that is tried for ever fails permanently only when the client was told wrong.
        throw error
      },
    )
  }

  #adopt(zk: ZooKeeper): void {
    this.#zk = zk
    this.sessions.add(zk.session.id)
    this.#forgetAttempts()
    zk.on('state', state => {
      this.#world.note(`${this.name}: ${state}`)
      this.suspendedAt = state === 'suspended' ? zk.environment.now() : null
      if (state === 'suspended') this.losses++
      if (state === 'expired' || (state === 'suspended' && isOfSilence(zk))) this.givenUp++
      if (isLast(state, this.#options)) void this.#comeBack(zk)
      if (state === 'connected') {
        this.sessions.add(zk.session.id)
        this.seenWhenConnected = zk.session.lastZxid
        this.restoredAt = this.#world.happened
        this.#onConnected()
      }
    })
    this.#removeInTurn(zk)
    zk.on('attemptFailed', () => void this.failures++)
    zk.on('listenerError', error => {
      if (!(error instanceof Error) || error.message !== PURPOSE) throw error
    })
  }

  /** Adds a listener that removes and adds a second one in turn: the second must not be called once it is removed. */
  #removeInTurn(zk: ZooKeeper): void {
    let isRemoved = false
    const second = (): void => {
      if (isRemoved) throw new Error(`${this.name}: a listener was called that an earlier one had removed`)
    }
    const first = (): void => {
      isRemoved = !isRemoved
      if (isRemoved) zk.off('state', second)
      else zk.on('state', second)
    }
    zk.on('state', first).on('state', second)
  }

  #onConnected(): void {
    if (this.wasLostInRestore && this.failures === 0)
      throw new Error(`${this.name} was not told of a connection that was lost before \`connected\``)
    this.#forgetAttempts()
  }

  #forgetAttempts(): void {
    this.attempts = []
    this.failures = 0
    this.wasLostInRestore = false
  }

  /**
   * True once the client has ended and will not connect again: it was closed, its session was not renewed, or a credential
   * was refused. Without a client, the one before has ended.
   */
  get isSpent(): boolean {
    const zk = this.#zk
    return zk === null || zk.state === 'closed' || isLast(zk.state, this.#options)
  }

  /** Waits for a promise of this life; resolves with undefined if the process is killed first. */
  async follow<T>(promise: Promise<T>): Promise<T | undefined> {
    const call = { since: this.#world.now }
    this.#calls.add(call)
    try {
      return await Promise.race([promise, this.#process.killed as Promise<undefined>])
    } finally {
      this.#calls.delete(call)
    }
  }

  /** Starts another process in the place of one whose client has ended, when every call on it has been told so. */
  async #comeBack(zk: ZooKeeper): Promise<void> {
    const life = this.#life
    const process = this.#process
    for (let quiet = 0; quiet < LAST_WORDS; quiet += 100) {
      await this.#world.sleep(100)
      if (process.stillUntil > this.#world.now) quiet = 0
    }
    if (this.#life !== life) return
    const left = [...this.#calls].filter(({ since }) => since < this.#world.now - LAST_WORDS / 2)
    if (left.length > 0)
      failNow(`${left.length} calls of ${this.name} have not ended, though its client is ${zk.state}`)
    await this.follow(zk.close())
    if (this.#life === life) this.restart()
  }

  /** Ends the process at once, and starts another one in its place. */
  restart(): void {
    this.#calls = new Set()
    this.#process.kill()
    this.#zk = null
    this.wasSuspended = this.clockWasMoved = false
    this.suspendedAt = null
    this.#forgetAttempts()
    this.#process = this.#world.process(this.name)
    this.start()
  }
}
