import { randomUUID } from 'node:crypto'
import { parseConnectString } from '@zookit/client'
import { hasSecret } from '@zookit/connection'
import { takesDigest } from './abilities.ts'
import { type Address, accessOf, localAddress } from './access/access.ts'
import type { ConformanceCase } from './case.ts'
import { Context, type Subject } from './context.ts'
import { isUnanswered, Keeper, OWNER } from './keeper.ts'
import { within } from './limits.ts'
import { Mismatch, NotApplicable } from './mismatch.ts'
import { quotaPath } from './quota.ts'
import { hasReached } from './release.ts'
import type { CaseResult, ConformanceOptions, Failure } from './report/types.ts'
import { introduce, survey } from './survey.ts'
import { Transcript } from './transcript.ts'

const MAX_WAIT = 5_000
/** The longest time of one case, as a multiple of the maxWait. */
const CASE = 8

type Outcome = Pick<CaseResult, 'status' | 'reason' | 'failure'>

const PASSED: Outcome = { status: 'passed', reason: '', failure: null }

function notApplicable(reason: string): Outcome {
  return { status: 'not-applicable', reason, failure: null }
}

/** A run that has begun: the servers are known, and the suite's directory exists. */
export class Conformance {
  readonly subject: Subject
  readonly readOnly: boolean
  readonly #keeper: Keeper | null
  readonly #prefix: string
  readonly #maxWait: number
  readonly #signal: AbortSignal | undefined
  readonly #dangerous: boolean
  #count = 0
  #lost = false

  private constructor(subject: Subject, keeper: Keeper | null, prefix: string, options: ConformanceOptions) {
    this.subject = subject
    this.readOnly = keeper === null
    this.#keeper = keeper
    this.#prefix = prefix
    this.#maxWait = options.maxWait ?? MAX_WAIT
    this.#signal = options.signal
    this.#dangerous = options.dangerous ?? false
  }

  /**
   * Looks at the servers and creates the suite's directory.
   *
   * @throws Error when a server is not available, its release is not known, or a secret would go out in clear text.
   */
  static async open(options: ConformanceOptions): Promise<Conformance> {
    const { maxWait = MAX_WAIT, superUser, dangerous = false } = options
    const servers = await serversOf(options)
    const { release, readOnly } = await introduce(servers[0]!, options.profile, maxWait)
    const prefix = `/zookit-conformance-${randomUUID()}`
    const digest = await takesDigest(servers[0]!, maxWait)
    const known = { maxWait, superSecret: superUser ?? null, digest, dangerous }
    if (readOnly) {
      const subject = await survey(servers, release, { ...known, root: null })
      return new Conformance(subject, null, prefix, options)
    }
    const wizard = superUser === undefined ? [] : [{ scheme: 'digest', secret: superUser }]
    const own = digest ? [OWNER, ...wizard] : []
    const keeper = await Keeper.open(servers, [...own, ...(options.auth ?? [])], maxWait)
    try {
      const root = `${prefix}/survey`
      await keeper.make(prefix)
      await keeper.make(root)
      const subject = await survey(servers, release, { ...known, root })
      return new Conformance(subject, keeper, prefix, options)
    } catch (error) {
      await keeper.remove(prefix).catch(() => {})
      await keeper.remove(quotaPath(prefix)).catch(() => {})
      await keeper.close()
      throw error
    }
  }

  /** True once the servers have stopped answering: no further case can tell anything. */
  get isLost(): boolean {
    return this.#lost
  }

  /** Says why a case does not apply to these servers; empty if it does. */
  reasonAgainst(wanted: ConformanceCase): string {
    const { release, capabilities } = this.subject
    const { since, until, needs = [], danger, readOnly = false } = wanted
    if (readOnly !== this.readOnly)
      return readOnly ? 'the server is not read-only' : 'the server is read-only'
    if (since && !hasReached(release, since)) return `since ${since.join(', ')}`
    if (until && hasReached(release, until)) return `until ${until.join(', ')}`
    if (danger !== undefined && !this.#dangerous) return `dangerous: ${danger}`
    const missing = needs.filter(need => !capabilities.has(need))
    return missing.length > 0 ? `needs ${missing.join(', ')}` : ''
  }

  /** Runs one case, and removes what it has left. Never rejects for what the server does. */
  async run(wanted: ConformanceCase): Promise<CaseResult> {
    const { area, title, reference } = wanted
    const about = { area, title, reference }
    const reason = this.reasonAgainst(wanted)
    if (reason !== '') return { ...about, ...notApplicable(reason), milliseconds: 0 }
    const began = performance.now()
    const outcome = await this.#attempt(wanted)
    return { ...about, ...outcome, milliseconds: Math.round(performance.now() - began) }
  }

  /**
   * Removes everything that the run has created, and ends its sessions.
   *
   * @throws Error when something could not be removed: the message names it.
   */
  async close(): Promise<void> {
    try {
      await this.#keeper?.remove(this.#prefix)
      await this.#keeper?.remove(quotaPath(this.#prefix))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new Error(`${this.#prefix} may be left at the servers: ${reason}`, { cause: error })
    } finally {
      await this.#keeper?.close()
    }
  }

  async #attempt(wanted: ConformanceCase): Promise<Outcome> {
    const root = `${this.#prefix}/${++this.#count}`
    const home = this.#count % this.subject.servers.length
    const transcript = new Transcript()
    const context = new Context(this.subject, root, home, this.#maxWait, transcript)
    const abort = (): void => context.abort()
    this.#signal?.addEventListener('abort', abort, { once: true })
    try {
      await this.#keep(keeper => keeper.make(root, home))
      await within(wanted.run(context), CASE * this.#maxWait, 'the case')
      return PASSED
    } catch (error) {
      if (error instanceof NotApplicable) return notApplicable(error.message)
      return { status: 'failed', reason: '', failure: describe(error, transcript) }
    } finally {
      this.#signal?.removeEventListener('abort', abort)
      await context.dispose()
      if (!this.#lost) await this.#keep(keeper => keeper.remove(root)).catch(() => {})
    }
  }

  /** Makes the suite's own requests. Servers that do not answer them count as lost. */
  async #keep(work: (keeper: Keeper) => Promise<void>): Promise<void> {
    if (this.#keeper === null) return
    try {
      await work(this.#keeper)
    } catch (error) {
      if (isUnanswered(error)) this.#lost = true
      throw error
    }
  }
}

/** Returns the servers and how they are reached. Secrets in clear text go to this machine only, unless that is allowed. */
async function serversOf(options: ConformanceOptions): Promise<readonly Address[]> {
  const access = await accessOf(options)
  const servers = parseConnectString(options.hosts).servers.map(server => ({ ...server, access }))
  const { auth = [], superUser, allowInsecureAuth = false } = options
  const isSecret =
    superUser !== undefined ||
    access.mechanism?.needsPrivacy === true ||
    auth.some(({ scheme }) => hasSecret(scheme))
  if (access.tls !== null || allowInsecureAuth || !isSecret) return servers
  return Promise.all(servers.map(localAddress))
}

function describe(error: unknown, transcript: Transcript): Failure {
  const frames = transcript.format()
  if (error instanceof Mismatch) return { expected: error.expected, actual: error.actual, frames }
  return { expected: 'no failure', actual: String(error), frames }
}
