import { setTimeout as sleep } from 'node:timers/promises'
import { type RealServer, ServerHandle, type ServerHandleOptions, ServerStartError } from './real-server.ts'
import { type MemberAddress, memberSpec } from './server-plan.ts'

const POLL = 50
const QUORUM_TIMEOUT = 60_000

export interface EnsembleMember extends RealServer {
  /** `myid`; session ids that this member made have it in their top byte. */
  readonly id: number
  /** The member as `reconfig` names it: `server.1=host:port:port:participant;host:port`. */
  readonly spec: string
}

/** A real ensemble whose members a test may kill, freeze and restart one by one. */
export interface RealEnsemble extends AsyncDisposable {
  /** Voting members first, then observers. */
  readonly members: readonly EnsembleMember[]
  /** All members' `host:port`, separated by commas. */
  readonly hosts: string
  /** Returns the leader, awaited if there is none yet. */
  leader(): Promise<EnsembleMember>
  /** Returns the followers of that leader. */
  followers(): Promise<readonly EnsembleMember[]>
  /**
   * Waits until exactly one member leads and every other one that is neither killed nor frozen follows or observes.
   *
   * @throws Error when no majority of the voting members is running
   * @throws ServerStartError when a minute is over
   */
  waitForQuorum(): Promise<void>
  /** Ends all members permanently and removes their data. May be called twice. */
  stop(): Promise<void>
}

export interface MemberHandleOptions extends ServerHandleOptions {
  address: MemberAddress
}

class MemberHandle extends ServerHandle implements EnsembleMember {
  readonly id: number
  readonly spec: string
  readonly votes: boolean

  constructor(options: MemberHandleOptions) {
    super(options)
    this.id = options.address.id
    this.spec = memberSpec(options.address)
    this.votes = options.address.role === 'participant'
  }
}

interface Census {
  leaders: MemberHandle[]
  followers: MemberHandle[]
  isSettled: boolean
}

export class EnsembleHandle implements RealEnsemble {
  readonly members: readonly MemberHandle[]
  readonly #release: () => Promise<void>

  constructor(members: readonly MemberHandleOptions[], release: () => Promise<void>) {
    this.members = members.map(options => new MemberHandle(options))
    this.#release = release
  }

  get hosts(): string {
    return this.members.map(member => member.hosts).join(',')
  }

  async start(): Promise<void> {
    await Promise.all(this.members.map(member => member.start()))
    await this.waitForQuorum()
  }

  async leader(): Promise<EnsembleMember> {
    return (await this.#settle()).leaders[0] as MemberHandle
  }

  async followers(): Promise<readonly EnsembleMember[]> {
    return (await this.#settle()).followers
  }

  async waitForQuorum(): Promise<void> {
    await this.#settle()
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map(member => member.stop()))
    await this.#release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #settle(): Promise<Census> {
    const voters = this.members.filter(member => member.votes)
    const running = voters.filter(member => member.isRunning)
    if (2 * running.length <= voters.length) {
      throw new Error(`no quorum can form: ${running.length} of ${voters.length} voting members are running`)
    }
    const deadline = Date.now() + QUORUM_TIMEOUT
    while (Date.now() < deadline) {
      const census = await this.#count()
      if (census.isSettled) return census
      await sleep(POLL)
    }
    const logs = await Promise.all(
      running.map(async member => `[member ${member.id}]\n${await member.log()}`),
    )
    throw new ServerStartError(`no quorum formed in ${QUORUM_TIMEOUT} ms`, logs.join('\n'))
  }

  async #count(): Promise<Census> {
    const running = this.members.filter(member => member.isRunning)
    const modes = await Promise.all(running.map(member => member.mode()))
    const inMode = (mode: string) => running.filter((_, index) => modes[index] === mode)
    const leaders = inMode('leader')
    const followers = inMode('follower')
    const serving = leaders.length + followers.length + inMode('observer').length
    return { leaders, followers, isSettled: leaders.length === 1 && serving === running.length }
  }
}
