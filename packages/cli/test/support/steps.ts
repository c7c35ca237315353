import { expect } from 'chai'
import { tokenize } from '../../src/shell/tokens.ts'
import { zookit } from './program.ts'

/** A command line, and what it must print and end with. */
export interface Step {
  /** The words after `zookit`, as a shell would read them. */
  readonly line: string
  /** All that it prints, without the newline at the end, or a pattern in it. Default nothing. */
  readonly out?: string | RegExp
  /** A pattern in what it prints on standard error. Default: nothing is printed there. */
  readonly err?: RegExp
  /** Exit code. Default 0. */
  readonly code?: number
  /** Standard input. */
  readonly input?: string
  readonly env?: Record<string, string>
}

/** Names of the client's methods and options: the program speaks of its own. */
const CLIENT_NAMES = /ensurePath|firstMissing|createChroot|allowInsecureAuth|max[A-Z]\w+|when[A-Z]\w+/

/** Runs the steps one after the other, each as a run of the program, and compares. */
export async function follow(hosts: string, steps: readonly Step[]): Promise<void> {
  for (const { line, out = '', err, code = 0, input = '', env = {} } of steps) {
    const words = tokenize(line).map(({ text }) => text)
    const result = await zookit(words, { input, env: { ZOOKIT_HOSTS: hosts, ...env } })
    const printed = result.out.replace(/\n$/, '')
    const about = `zookit ${line}\n${result.out}${result.err}`
    expect(result.err, about).not.to.match(CLIENT_NAMES)
    if (err === undefined) expect(result.err, about).to.equal('')
    else expect(result.err, about).to.match(err)
    if (typeof out === 'string') expect(printed, about).to.equal(out)
    else expect(printed, about).to.match(out)
    expect(result.code, about).to.equal(code)
  }
}
