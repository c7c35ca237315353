import { expect } from 'chai'
import { commandNames } from '../src/program/catalog.ts'
import { describeServers } from './support/servers.ts'
import { follow, type Step } from './support/steps.ts'
import { ensemble } from './transcripts/ensemble.ts'
import { session } from './transcripts/session.ts'
import { trees } from './transcripts/trees.ts'
import { znodes } from './transcripts/znodes.ts'

const TRANSCRIPTS: Readonly<Record<string, readonly Step[]>> = {
  'znodes and their ACLs': znodes,
  'the configuration and quotas': ensemble,
  trees,
  'the session, watches and the shell': session,
}

describeServers('The program', hosts => {
  for (const [title, steps] of Object.entries(TRANSCRIPTS)) {
    it(`prints and ends with what is documented: ${title}`, () => follow(hosts(), steps))
  }
})

/** Commands whose suites are elsewhere. */
const ELSEWHERE = ['console', 'lock', 'elect', 'semaphore', 'wait-for', 'serve', 'conform', 'edit', 'watch']

describe('The transcripts', () => {
  it('have every command that has no suite of its own', () => {
    const words = Object.values(TRANSCRIPTS).flatMap(steps =>
      steps.flatMap(({ line, input = '' }) => [...line.split(' '), ...input.split(/\s/)]),
    )
    expect(commandNames.filter(name => !words.includes(name) && !ELSEWHERE.includes(name))).to.deep.equal([])
  })
})
