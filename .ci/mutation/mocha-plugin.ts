// Runs Mocha's tests for Stryker: its own plugin for Mocha does not load Mocha 12.

import {
  INSTRUMENTER_CONSTANTS,
  type InstrumenterContext,
  type MutantResult,
  type StrykerOptions,
} from '@stryker-mutator/api/core'
import { commonTokens, declareClassPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin'
import type { Reporter } from '@stryker-mutator/api/report'
import {
  type CompleteDryRunResult,
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  type TestRunnerCapabilities,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import Mocha from 'mocha'

/** The milliseconds after which a test that hangs has failed. */
const TIMEOUT = 10_000
/** The tests of crowds: each takes seconds, and sees what a smaller test sees. */
const CROWDS = / (L1|L2|B6|B7|W3|R10) |hundred thousand|thousand cycles/

/** The tests' folder, files and globals of this run, as `main.ts` passes them on. */
interface Options extends StrykerOptions {
  readonly specs: readonly string[]
}

/** The words between the mutated code and its runner. */
type Context = { -readonly [Key in keyof InstrumenterContext]: InstrumenterContext[Key] | undefined }

/** A process that loads the tests once, and runs those that reach a mutant. */
class MochaRunner implements TestRunner {
  static readonly inject: ['options'] = tokens(commonTokens.options)
  readonly #mocha = new Mocha({ timeout: TIMEOUT, ui: 'bdd', reporter: 'min' })
  readonly #context: Context
  #loaded = false
  #countsPerTest = false
  /** The first error that no test has caught, as when a changed listener throws after its test. */
  #stray: unknown = null

  constructor(options: Options) {
    const globals = globalThis as unknown as { [name: string]: Context | undefined }
    this.#context = globals[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {}
    this.#mocha.cleanReferencesAfterRun(false)
    for (const file of options.specs) this.#mocha.addFile(file)
    const note = (error: unknown): void => void (this.#stray ??= error)
    process.on('uncaughtException', note)
    process.on('unhandledRejection', note)
    const runner = this
    this.#mocha.suite.beforeEach(function () {
      runner.#onTest(this.currentTest!.fullTitle())
    })
  }

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: false }
  }

  async dryRun({ coverageAnalysis, disableBail }: DryRunOptions): Promise<DryRunResult> {
    this.#select(() => true)
    this.#countsPerTest = coverageAnalysis === 'perTest'
    const result = await this.#run(disableBail, undefined, false)
    this.#countsPerTest = false
    if (result.status !== DryRunStatus.Complete || coverageAnalysis === 'off') return result
    return { ...result, mutantCoverage: this.#context.mutantCoverage! }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, testFilter, disableBail, hitLimit, mutantActivation } = options
    this.#context.hitLimit = hitLimit
    this.#context.hitCount = hitLimit === undefined ? undefined : 0
    const titles = testFilter && new Set(testFilter)
    this.#select(title => titles?.has(title) ?? true)
    const result = await this.#run(disableBail, activeMutant.id, mutantActivation === 'static')
    return toMutantRunResult(result)
  }

  /** Selects the tests that run. Mocha calls nothing but `test` of a pattern. */
  #select(isWanted: (title: string) => boolean): void {
    this.#mocha.grep({ test: (title: string) => isWanted(title) && !CROWDS.test(title) } as RegExp)
  }

  #onTest(title: string): void {
    if (this.#countsPerTest) this.#context.currentTestId = title
  }

  async #run(disableBail: boolean, mutant: string | undefined, isStatic: boolean): Promise<DryRunResult> {
    try {
      if (!this.#loaded) {
        this.#context.activeMutant = isStatic ? mutant : undefined
        await this.#mocha.loadFilesAsync()
        this.#loaded = true
      }
      setBail(this.#mocha.suite, !disableBail)
      this.#context.activeMutant = mutant
      this.#stray = null
      const result = await this.#tests()
      if (this.#stray !== null && mutant !== undefined) result.tests.push(failure('stray', this.#stray))
      return determineHitLimitReached(this.#context.hitCount, this.#context.hitLimit) ?? result
    } catch (error) {
      if (mutant === undefined) return { status: DryRunStatus.Error, errorMessage: String(error) }
      // Tests that do not even load have noticed the change.
      return { status: DryRunStatus.Complete, tests: [failure('load', error)] }
    }
  }

  #tests(): Promise<CompleteDryRunResult> {
    const tests: TestResult[] = []
    // The next run tries a survivor again where the file of a test that reaches it is new or has changed.
    const base = (test: Mocha.Runnable): Omit<TestResult, 'status' | 'failureMessage'> => {
      const title = test.fullTitle()
      return { id: title, name: title, timeSpentMs: test.duration ?? 0, fileName: test.file! }
    }
    return new Promise(resolve => {
      const runner = this.#mocha.run(() => resolve({ status: DryRunStatus.Complete, tests }))
      runner.on('pass', test => void tests.push({ ...base(test), status: TestStatus.Success }))
      runner.on('fail', (test, error) => {
        tests.push({
          ...base(test),
          status: TestStatus.Failed,
          failureMessage: String(error?.stack ?? error),
        })
      })
    })
  }
}

function failure(name: string, error: unknown): TestResult {
  const failureMessage = String((error as Error | null)?.stack ?? error)
  return { id: name, name, timeSpentMs: 0, status: TestStatus.Failed, failureMessage }
}

/** Prints each change that no test has noticed when it is known. */
class SurvivorReporter implements Reporter {
  static readonly inject: [] = []
  #tested = 0
  #survived = 0

  onMutantTested({ fileName, status, location, replacement, mutatorName }: MutantResult): void {
    if (status === 'Ignored') return
    this.#tested++
    if (this.#tested % 50 === 0) console.error(`${this.#tested} tried, ${this.#survived} not noticed`)
    if (status !== 'Survived' && status !== 'NoCoverage') return
    this.#survived++
    const { line, column } = location.start
    const text = (replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 100)
    const file = fileName.replace(/^.*packages\//, 'packages/')
    console.log(`${status.padEnd(10)} ${file}:${line}:${column} ${mutatorName}: ${text}`)
  }
}

function setBail(suite: Mocha.Suite, bail: boolean): void {
  suite.bail(bail)
  for (const each of suite.suites) setBail(each, bail)
}

export const strykerPlugins: unknown[] = [
  declareClassPlugin(PluginKind.TestRunner, 'mocha-12', MochaRunner as never),
  declareClassPlugin(PluginKind.Reporter, 'survivors', SurvivorReporter),
]
