import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { loadAll, loadCommand } from '../src/program/catalog.ts'
import { parse } from '../src/program/parser.ts'
import { tokenize } from '../src/shell/tokens.ts'
import { type Result, zookit } from './support/program.ts'

const ENV = { ZK_AUTH: 'digest:user:password' }

const wordsOf = (line: string): string[] => tokenize(line).map(({ text }) => text)

/** Runs the examples of a command in their order. */
async function runExamples(server: TestServer, name: string): Promise<Result[]> {
  const results: Result[] = []
  for (const [line] of (await loadCommand(name))!.examples)
    results.push(await zookit(wordsOf(line).slice(1), { env: { ...ENV, ZOOKIT_HOSTS: server.hosts } }))
  return results
}

describe('The examples of the help', () => {
  it('are lines that the program understands', async () => {
    const commands = await loadAll()
    for (const { examples } of commands) {
      for (const part of examples.flatMap(([line]) => line.split(/ (?:\|\|?|&&|[<>]) /))) {
        if (part.startsWith('zookit ')) parse(wordsOf(part).slice(1), commands)
      }
    }
  })

  it('of setAcl can be run one after the other, and lock nobody out', async () => {
    await using server = await TestServer.start({ seed: { app: { below: '' } } })
    for (const { code, err } of await runExamples(server, 'setAcl'))
      expect({ code, err }).to.deep.equal({ code: 0, err: '' })
    const others = await zookit(['--hosts', server.hosts, 'setAcl', '-R', '/app', 'world:anyone:cdrwa'])
    expect(others.code).to.equal(0)
  })

  it('of getAcl show what is printed', async () => {
    await using server = await TestServer.start({ seed: { app: '' } })
    const [[, about] = []] = (await loadCommand('getAcl'))!.examples
    for (const { out } of await runExamples(server, 'getAcl')) {
      const lines = out.trim().split('\n')
      expect(lines).to.have.length(2)
      for (const line of lines) expect(about).to.contain(line)
    }
  })
})
