import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { type Block, blocksOf, originalsOf } from '../source/blocks.ts'
import { filesThat } from '../source/files.ts'
import { run } from '../source/node.ts'
import { clear, type Original, originalFor, zookit } from '../source/originals.ts'

const pages = filesThat(/^docs\/migrate\/.*\.md$/)

/** Runs a program on a server of its own. @returns what it leaves there: znodes with their data, '' for none. */
async function leftBy(block: Block, { prepare }: Original, folder: string): Promise<Record<string, string>> {
  await using server = await TestServer.start()
  const command = prepare(block.code.replaceAll('127.0.0.1:2181', server.hosts), folder)
  const { code, printed } = await run(command)
  expect(code, printed).to.equal(0)
  expect(server.sessions(), 'sessions left').to.deep.equal([])
  return Object.fromEntries(Object.entries(server.dump()).map(([path, data]) => [path, String(data ?? '')]))
}

describe('The pages about a migration', function () {
  this.timeout(60_000)
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'zookit-migrate-'))
  })
  after(() => {
    clear()
    rmSync(folder, { recursive: true })
  })

  const absent: string[] = []
  for (const page of pages) {
    const befores = originalsOf(page)
    const after = blocksOf(page).at(-1)!
    for (const block of befores) {
      const original = originalFor(block)
      if (typeof original === 'string') absent.push(original)
      else {
        it(`show a program that runs with ${original.name}, and leaves what its successor leaves: ${block.name}`, async () => {
          const left = await leftBy(block, original, folder)
          expect(left).to.deep.equal(await leftBy(after, zookit, folder))
          expect(Object.keys(left)).not.to.deep.equal([])
        })
      }
    }
    it(`has a program before and one after: ${page}`, () => {
      expect(befores).to.have.length.above(0)
      expect(befores).not.to.include(after)
    })
  }

  it(`have been run with all clients of others but: ${absent.join(', ') || 'none'}`, () => {
    expect(absent).not.to.include('node-zookeeper-client')
  })
})
