import { stripVTControlCharacters } from 'node:util'

/** Lines that stand for a step in which no test of mocha's failed. */
const LAST = 15
const COLUMNS = 300

/**
 * Reads what a failed step has printed. @returns a line for each failed test, with its title and the first line of its
 * message; the last lines of the output where no test failed, since the step itself did.
 */
export function failuresOf(output: string): string[] {
  const lines = stripVTControlCharacters(output).split(/\r?\n/)
  const tests: string[] = []
  let listed = false
  for (const [at, line] of lines.entries()) {
    if (/^ +\d+ passing\b/.test(line)) listed = false
    if (/^ +\d+ failing$/.test(line)) listed = true
    if (listed && /^ {2}\d+\) /.test(line)) tests.push(failedTest(lines, at))
  }
  const found = tests.length > 0 ? tests : lines.filter(line => line.trim() !== '').slice(-LAST)
  return found.map(line => (line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line))
}

/** Reads one entry of mocha's list: its titles, each indented further, end with a colon; the message follows. */
function failedTest(lines: string[], at: number): string {
  let end = at
  while (end + 1 < lines.length && !(/:$/.test(lines[end] ?? '') && !isTitle(lines[end + 1] ?? ''))) end++
  const titles = lines.slice(at, end + 1).map(line => line.trim())
  const said = lines.slice(end + 1).filter(line => line.trim() !== '')
  const message = [
    said[0] ?? '',
    ...(said[1]?.trim() === '+ expected - actual' ? firstOfDiff(said.slice(2)) : []),
  ]
  return `${titles.join(' ').replace(/^\d+\) /, '')} ${message.map(line => line.trim()).join(' ')}`
}

/** Finds the first line that the test got, and the first that it wanted: mocha's diff takes the place of the message. */
function firstOfDiff(lines: string[]): string[] {
  const end = lines.findIndex(line => /^ +at /.test(line))
  const diff = lines.slice(0, end < 0 ? 20 : end)
  return ['-', '+'].flatMap(sign => diff.find(line => line.trim().startsWith(sign)) ?? [])
}

function isTitle(line: string): boolean {
  return /^ {7}/.test(line)
}
