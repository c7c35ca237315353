import { cases } from './cases/index.ts'
import { Conformance } from './conformance.ts'
import { labelOf } from './label.ts'
import type { CaseResult, ConformanceOptions, ConformanceReport } from './report/types.ts'

/**
 * Runs the suite against servers that are running, and leaves nothing behind on them.
 *
 * It always ends: everything that it waits for has a time limit. It stops early when the servers stop answering.
 *
 * @throws Error when a server is not available, or its release is not known.
 */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { only, signal, onProgress, hosts } = options
  const chosen = cases.filter(each => only === undefined || only.test(labelOf(each)))
  const conformance = await Conformance.open(options)
  const results: CaseResult[] = []
  let left: string | null = null
  try {
    for (const each of chosen) {
      if (signal?.aborted || conformance.isLost) break
      const result = await conformance.run(each)
      if (signal?.aborted) break
      results.push(result)
      onProgress?.({ done: results.length, total: chosen.length, result })
    }
  } finally {
    left = await conformance.close().then(
      () => null,
      (error: Error) => error.message,
    )
  }
  const { release, capabilities } = conformance.subject
  const interrupted = results.length < chosen.length
  return {
    hosts,
    release,
    capabilities: [...capabilities],
    results,
    interrupted,
    lost: conformance.isLost,
    left,
  }
}
