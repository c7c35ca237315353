import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { sourceFlags } from '../../.ci/source/built.ts'

const SCRIPTS = ['main', 'budget', 'beside', 'codec', 'observing', 'opentelemetry', 'recipes/main']

/** Runs a script of the benchmarks from its source. */
async function run(name: string, ...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [...(await sourceFlags()), file, ...words])
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

describe('a script of the benchmarks', function () {
  this.timeout(60_000)

  for (const name of SCRIPTS) {
    it(`prints its options, and refuses others in a line: ${name}`, async () => {
      const help = await run(name, '--help')
      expect({ code: help.code, err: help.err }).to.deep.equal({ code: 0, err: '' })
      expect(help.out).to.match(/^Usage: bench(:[a-z]+)? /)
      const words = name === 'beside' ? ['.', '--nonsense'] : ['--nonsense']
      const wrong = await run(name, ...words)
      expect(wrong).to.deep.equal({ code: 2, out: '', err: "error: unknown option '--nonsense'\n" })
    })
  }

  it('names the parts of the budget where it is asked for another', async () => {
    const { code, err } = await run('budget', '--only', 'hotPath,nonsense')
    expect(code).to.equal(2)
    expect(err).to.match(/^error: .*nonsense does not exist; there are hotPath, [^\n]*\n$/)
  })
})
