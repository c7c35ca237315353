import type { Suite } from 'mocha'

/** A scenario of docs/scenarios.md. */
export interface Scenario {
  readonly id: string
  /** True if a real server must show it too. */
  readonly real: boolean
}

/** A test, as the titles from its outermost suite to itself. */
export type Titles = readonly string[]

const DEFINITION = /^- \*\*([A-Z]\d{1,2})(\+?)\*\* \S/gm
const IDS = /^(?:[A-Z]\d{1,2} )+/

/** Returns the scenarios that a page defines, in its order. */
export function scenariosOf(page: string): Scenario[] {
  return [...page.matchAll(DEFINITION)].map(([, id, mark]) => ({ id: id!, real: mark === '+' }))
}

/** Returns the titles of every test below a suite of Mocha's. */
export function titlesBelow(suite: Suite, above: Titles = []): Titles[] {
  const here = suite.root ? above : [...above, suite.title]
  const own = suite.tests.map(test => [...here, test.title])
  return [...own, ...suite.suites.flatMap(each => titlesBelow(each, here))]
}

/**
 * Tells which scenario has no test that bears its id on a target that it applies to, and which id is no scenario's.
 *
 * @param targets the names of the real servers that there are, as they stand in titles; empty where there is none.
 */
export function scenarioFaults(
  scenarios: readonly Scenario[],
  tests: readonly Titles[],
  targets: readonly string[],
): string[] {
  const [all, onReal] = [new Set<string>(), new Set<string>()]
  for (const titles of tests) {
    const isReal = titles.some(
      title => /\breal servers\b/.test(title) || targets.some(name => title.includes(name)),
    )
    for (const title of titles) {
      for (const id of IDS.exec(title)?.[0].trim().split(' ') ?? []) {
        all.add(id)
        if (isReal) onReal.add(id)
      }
    }
  }
  const defined = new Set(scenarios.map(({ id }) => id))
  return [
    ...scenarios.filter(({ id }) => !all.has(id)).map(({ id }) => `${id}: no test bears this id`),
    ...scenarios
      .filter(({ id, real }) => real && targets.length > 0 && all.has(id) && !onReal.has(id))
      .map(({ id }) => `${id}: no test on a real server bears this id`),
    ...[...all].filter(id => !defined.has(id)).map(id => `${id}: in a title, and not in docs/scenarios.md`),
  ].sort()
}
