import type { ConformanceCase } from './case.ts'
import { cases } from './cases/index.ts'
import { Conformance } from './conformance.ts'
import { labelOf } from './label.ts'
import type { ConformanceOptions, Failure } from './report/types.ts'

/** The part of mocha, or of a runner with its globals, that the binding uses. */
interface TestContext {
  timeout(milliseconds: number): unknown
}

interface TestGlobals {
  describe(title: string, body: (this: TestContext) => void): unknown
  it(title: string, body: (this: TestContext & { skip(): void }) => Promise<void>): unknown
  before(body: (this: TestContext) => Promise<void>): unknown
  after(body: (this: TestContext) => Promise<void>): unknown
}

/** The longest time of one case, in milliseconds. */
const CASE_TIMEOUT = 60_000

/**
 * Defines a suite with one test for each case. A case that does not apply is pending.
 *
 * @param title the title of the suite.
 * @param options the options of a run. A function is called when the suite begins, after the hooks before it.
 * @param only defines only the cases whose `area: title` matches.
 */
export function describeConformance(
  title: string,
  options: ConformanceOptions | (() => ConformanceOptions | Promise<ConformanceOptions>),
  only: RegExp = /^/,
): void {
  const { describe, it, before, after } = globalThis as unknown as TestGlobals
  describe(title, function () {
    this.timeout(CASE_TIMEOUT)
    let conformance: Conformance | undefined
    before(async () => {
      conformance = await Conformance.open(typeof options === 'function' ? await options() : options)
    })
    after(async () => {
      await conformance?.close()
    })
    const define = (each: ConformanceCase): void => {
      it(labelOf(each), async function () {
        const { status, failure } = await conformance!.run(each)
        if (failure) throw new Error(describeFailure(failure))
        if (status === 'not-applicable') this.skip()
      })
    }
    for (const each of cases) if (only.test(labelOf(each))) define(each)
  })
}

function describeFailure({ expected, actual, frames }: Failure): string {
  return [`expected ${expected}`, `got ${actual}`, ...frames].join('\n')
}
