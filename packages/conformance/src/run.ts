import { randomUUID } from 'node:crypto'
import { parseConnectString } from '@zookit/client'
import type { Area, ConformanceCase } from './case.ts'
import { cases } from './cases/index.ts'
import { Context } from './context.ts'
import { type Credential, Keeper } from './keeper.ts'
import { Mismatch } from './mismatch.ts'
import { quotaPath } from './quota.ts'
import type { Address } from './raw-client.ts'
import { hasReached, type Release } from './release.ts'
import { introduce, type Survey, survey } from './survey.ts'
import { Transcript } from './transcript.ts'

/** What a run is told. */
export interface ConformanceOptions {
  /** The servers, as a connect string: `host:port,host:port`. The members of one ensemble, if several. */
  readonly hosts: string
  /** The release that the servers are held to. What they say of themselves, if absent. */
  readonly profile?: Release | undefined
  /** Runs the cases alone whose `area: title` matches. All, if absent. */
  readonly only?: RegExp | undefined
  /** What the suite proves first where it creates and removes its directory. */
  readonly auth?: readonly Credential[] | undefined
  /** The super user, as `user:password`. Cases that need one are not applicable without. */
  readonly superUser?: string | undefined
  /** Ends the run after what was created has been removed; what did not run is missing from the results. */
  readonly signal?: AbortSignal | undefined
  /** Told of each case when it is over. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** How long to wait for anything that is expected, in milliseconds. Default 5000. */
  readonly patience?: number | undefined
}

/** How far a run has come. */
export interface Progress {
  readonly done: number
  readonly total: number
  readonly result: CaseResult
}

/** What came of one case. */
export interface CaseResult {
  readonly area: Area
  readonly title: string
  readonly reference: string
  readonly status: 'passed' | 'failed' | 'not-applicable'
  /** Why it is not applicable; empty otherwise. */
  readonly reason: string
  readonly failure: Failure | null
  readonly milliseconds: number
}

/** What was expected and what came, with the last frames of the case's connections, dissected. */
export interface Failure {
  readonly expected: string
  readonly actual: string
  readonly frames: readonly string[]
}

/** What came of a run. */
export interface ConformanceReport {
  readonly hosts: string
  readonly release: Release
  readonly capabilities: readonly string[]
  readonly results: readonly CaseResult[]
  /** Whether the run was ended before all cases had run. */
  readonly interrupted: boolean
}

/** The label of a case: what `only` is matched with. */
export function labelOf({ area, title }: Pick<ConformanceCase, 'area' | 'title'>): string {
  return `${area}: ${title}`
}

/** A run that has begun: the servers are known, and the suite's directory exists. */
export class Conformance {
  readonly survey: Survey
  readonly readOnly: boolean
  readonly #keeper: Keeper | null
  readonly #prefix: string
  readonly #patience: number
  readonly #signal: AbortSignal | undefined
  #count = 0

  private constructor(found: Survey, keeper: Keeper | null, prefix: string, options: ConformanceOptions) {
    this.survey = found
    this.readOnly = keeper === null
    this.#keeper = keeper
    this.#prefix = prefix
    this.#patience = options.patience ?? 5_000
    this.#signal = options.signal
  }

  /**
   * Looks at the servers and creates the suite's directory.
   *
   * @throws Error when a server is not to be had, or its release is not known.
   */
  static async open(options: ConformanceOptions): Promise<Conformance> {
    const patience = options.patience ?? 5_000
    const servers: readonly Address[] = parseConnectString(options.hosts).servers
    const introduction = await introduce(servers[0]!, options.profile, patience)
    const prefix = `/zookit-conformance-${randomUUID()}`
    const superUser = options.superUser === undefined ? null : { scheme: 'digest', secret: options.superUser }
    const credentials = [...(options.auth ?? []), ...(superUser ? [superUser] : [])]
    const keeper = introduction.readOnly ? null : await Keeper.open(servers, credentials, patience)
    try {
      await keeper?.make(prefix)
      await keeper?.make(`${prefix}/survey`)
      const found = await survey(servers, introduction, {
        root: `${prefix}/survey`,
        keeper,
        patience,
        superUser,
      })
      return new Conformance(found, keeper, prefix, options)
    } catch (error) {
      await keeper?.remove(prefix).catch(() => {})
      await keeper?.remove(quotaPath(prefix)).catch(() => {})
      await keeper?.close()
      throw error
    }
  }

  /** Why a case does not apply to these servers; empty if it does. */
  reasonAgainst(wanted: ConformanceCase): string {
    const { release } = this.survey.subject
    const { since, until, needs = [], readOnly = false } = wanted
    if (readOnly !== this.readOnly)
      return readOnly ? 'the server is not read-only' : 'the server is read-only'
    if (since && !hasReached(release, since)) return `since ${since.join(', ')}`
    if (until && hasReached(release, until)) return `until ${until.join(', ')}`
    const missing = needs.filter(need => !this.survey.capabilities.has(need))
    return missing.length > 0 ? `needs ${missing.join(', ')}` : ''
  }

  /** Runs one case, and removes what it has left. Never rejects for what the server does. */
  async run(wanted: ConformanceCase): Promise<CaseResult> {
    const { area, title, reference } = wanted
    const reason = this.reasonAgainst(wanted)
    const about = { area, title, reference, reason }
    if (reason !== '') return { ...about, status: 'not-applicable', failure: null, milliseconds: 0 }
    const began = performance.now()
    const failure = await this.#attempt(wanted)
    const milliseconds = Math.round(performance.now() - began)
    return { ...about, status: failure ? 'failed' : 'passed', failure, milliseconds }
  }

  /** Removes everything that the run has created, and ends its sessions. */
  async close(): Promise<void> {
    try {
      await this.#keeper?.remove(this.#prefix)
      await this.#keeper?.remove(quotaPath(this.#prefix))
    } finally {
      await this.#keeper?.close()
    }
  }

  async #attempt(wanted: ConformanceCase): Promise<Failure | null> {
    const { subject } = this.survey
    const root = `${this.#prefix}/${++this.#count}`
    const home = this.#count % subject.servers.length
    const transcript = new Transcript()
    const context = new Context(subject, root, home, this.#patience, transcript)
    const abort = (): void => context.abort()
    this.#signal?.addEventListener('abort', abort, { once: true })
    try {
      await this.#keeper?.make(root, home)
      await wanted.run(context)
      return null
    } catch (error) {
      return describe(error, transcript)
    } finally {
      this.#signal?.removeEventListener('abort', abort)
      await context.dispose()
      await this.#keeper?.remove(root).catch(() => {})
    }
  }
}

function describe(error: unknown, transcript: Transcript): Failure {
  const frames = transcript.format()
  if (error instanceof Mismatch) return { expected: error.expected, actual: error.actual, frames }
  return { expected: 'no failure', actual: String(error), frames }
}

/**
 * Runs the suite against servers that are running, and leaves nothing behind on them.
 *
 * @throws Error when a server is not to be had, or its release is not known.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { only, signal, onProgress, hosts } = options
  const chosen = cases.filter(each => only === undefined || only.test(labelOf(each)))
  const conformance = await Conformance.open(options)
  const results: CaseResult[] = []
  try {
    for (const each of chosen) {
      if (signal?.aborted) break
      const result = await conformance.run(each)
      if (signal?.aborted) break
      results.push(result)
      onProgress?.({ done: results.length, total: chosen.length, result })
    }
  } finally {
    await conformance.close()
  }
  const { subject, capabilities } = conformance.survey
  const interrupted = results.length < chosen.length
  return { hosts, release: subject.release, capabilities: [...capabilities], results, interrupted }
}
