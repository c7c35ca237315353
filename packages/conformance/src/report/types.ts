import type { AccessOptions } from '../access/access.ts'
import type { Area } from '../case.ts'
import type { Credential } from '../keeper.ts'
import type { Release } from '../release.ts'

/** The options of a run: `tls` and `sasl` are those of `connect`, asked for once. */
export interface ConformanceOptions extends AccessOptions {
  /** The servers, as a connect string: `host:port,host:port`. Several are the members of one ensemble. */
  readonly hosts: string
  /** The release that the servers are held to. The one that they tell, if absent. */
  readonly profile?: Release | undefined
  /** Runs only the cases whose `area: title` matches. All, if absent. */
  readonly only?: RegExp | undefined
  /** The credentials that the suite presents before it creates and removes its directory. */
  readonly auth?: readonly Credential[] | undefined
  /** The super user, as `user:password`. Cases that need one are not applicable without. */
  readonly superUser?: string | undefined
  /** Runs the cases that can harm servers that others use, too. Default false. */
  readonly dangerous?: boolean | undefined
  /** Ends the run after what was created has been removed. Cases that did not run are missing from the results. */
  readonly signal?: AbortSignal | undefined
  /** Called for each case when it is over. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** The longest wait for anything that is expected, in milliseconds. Default 5000. */
  readonly maxWait?: number | undefined
}

/** The progress of a run. */
export interface Progress {
  readonly done: number
  readonly total: number
  readonly result: CaseResult
}

/** The result of one case. */
export interface CaseResult {
  readonly area: Area
  readonly title: string
  readonly reference: string
  readonly status: 'passed' | 'failed' | 'not-applicable'
  /** The reason why it is not applicable; empty otherwise. */
  readonly reason: string
  readonly failure: Failure | null
  readonly milliseconds: number
}

/** The difference between what was expected and what came, with the last frames of the case's connections, dissected. */
export interface Failure {
  readonly expected: string
  readonly actual: string
  readonly frames: readonly string[]
}

/** The results of a run. */
export interface ConformanceReport {
  readonly hosts: string
  readonly release: Release
  readonly capabilities: readonly string[]
  readonly results: readonly CaseResult[]
  /** True if the run ended before all cases had run: a signal, or servers that stopped answering. */
  readonly interrupted: boolean
  /** True if the run ended early because the servers stopped answering. */
  readonly lost: boolean
  /** The znode that could not be removed from the servers, and why; null if nothing is left there. */
  readonly left: string | null
}
