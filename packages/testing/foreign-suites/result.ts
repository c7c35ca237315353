/** The end of one test of a suite. */
export interface TestResult {
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** The suite's own words on a failure. */
  readonly message: string
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }
  return text.replace(/&(#x?)?(\w+);/g, (_, number: string | undefined, name: string) => {
    if (number === undefined) return entities[name] ?? ''
    return String.fromCodePoint(Number.parseInt(name, number === '#x' ? 16 : 10))
  })
}

function attribute(tag: string, name: string): string {
  return unescapeXml(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
}

/** The results in a report in JUnit's XML, named `class.test` after the last part of the class. */
export function junitResults(xml: string): TestResult[] {
  return [...xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, tag = '', body = '']) => {
      const name = `${attribute(tag, 'classname').split('.').at(-1)}.${attribute(tag, 'name')}`
      const failure = /<(?:failure|error)\b([^>]*)>([\s\S]*?)<\/(?:failure|error)>/.exec(body)
      if (failure !== null) {
        const words = attribute(failure[1]!, 'message') || unescapeXml(failure[2]!.replace('<![CDATA[', ''))
        return {
          name,
          outcome: 'failed',
          message: words,
        }
      }
      return { name, outcome: body.includes('<skipped') ? 'skipped' : 'passed', message: '' }
    },
  )
}

interface GoEvent {
  readonly Action: string
  readonly Test?: string
  readonly Output?: string
}

/** The results in the output of `go test -json`. */
export function goResults(output: string): TestResult[] {
  const events = output.split('\n').filter(line => line.startsWith('{'))
  const said = new Map<string, string>()
  const results: TestResult[] = []
  for (const { Action, Test, Output } of events.map(line => JSON.parse(line) as GoEvent)) {
    if (Test === undefined) continue
    if (Action === 'output') said.set(Test, (said.get(Test) ?? '') + Output)
    const outcome = ({ pass: 'passed', fail: 'failed', skip: 'skipped' } as const)[Action]
    if (outcome !== undefined) {
      results.push({ name: Test, outcome, message: outcome === 'failed' ? (said.get(Test) ?? '') : '' })
    }
  }
  return results
}

/** The results in the output of `cargo test`, of all its binaries. */
export function cargoResults(output: string): TestResult[] {
  const messages = new Map(
    [...output.matchAll(/^---- (\S+) stdout ----\n([\s\S]*?)(?=^---- |^failures:)/gm)].map(
      ([, name, text]) => [name!, text!],
    ),
  )
  return [...output.matchAll(/^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)/gm)].map(
    ([, name, word]) => ({
      name: name!,
      outcome: word === 'ok' ? 'passed' : word === 'FAILED' ? 'failed' : 'skipped',
      message: messages.get(name!) ?? '',
    }),
  )
}
