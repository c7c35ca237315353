import type { TestResult } from './result.ts'
import type { ExpectedFailure } from './suite.ts'

/** The outcome of a run of a suite. */
export interface Outcome {
  readonly passed: number
  readonly skipped: number
  /** The tests that failed and were expected to. */
  readonly expected: readonly ExpectedFailure[]
  /** The tests that failed and were not expected to. */
  readonly failed: readonly TestResult[]
  /** The tests that were expected to fail and passed, or did not run. */
  readonly healed: readonly ExpectedFailure[]
}

/** Compares the results of a suite with what is expected to fail. */
export function judge(results: readonly TestResult[], expected: readonly ExpectedFailure[]): Outcome {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  const hasFailed = ({ test }: ExpectedFailure): boolean => failed.some(({ name }) => name === test)
  return {
    passed: results.filter(({ outcome }) => outcome === 'passed').length,
    skipped: results.filter(({ outcome }) => outcome === 'skipped').length,
    expected: expected.filter(hasFailed),
    failed: failed.filter(({ name }) => !expected.some(({ test }) => test === name)),
    healed: expected.filter(failure => !hasFailed(failure) && failure.sometimes !== true),
  }
}
