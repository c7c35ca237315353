import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'

const NODE = await sourceFlags()
const TIME_LIMIT = 30_000

describe('The example of tracing', function () {
  this.timeout(2 * TIME_LIMIT)
  const url = new URL('../examples/tracing.ts', import.meta.url)

  it('is on its page word by word, runs, and prints a trace of the lock and its requests', async () => {
    const page = readFileSync(new URL('../../../docs/opentelemetry.md', import.meta.url), 'utf8')
    const source = readFileSync(url, 'utf8')
    expect(page).to.include(
      `<!-- packages/opentelemetry/examples/tracing.ts -->\n\`\`\`ts\n${source}\`\`\`\n`,
    )
    await using server = await TestServer.start()
    const child = spawn(process.execPath, [...NODE, fileURLToPath(url), server.hosts], {
      timeout: TIME_LIMIT,
    })
    const texts = { out: '', errors: '' }
    child.stdout.on('data', chunk => (texts.out += chunk))
    child.stderr.on('data', chunk => (texts.errors += chunk))
    const [code] = await once(child, 'close')
    expect({ code, errors: texts.errors }, texts.out).to.deep.equal({ code: 0, errors: '' })
    for (const name of ['nightly report', 'acquire', 'hold', 'setData'])
      expect(texts.out).to.include(`name: '${name}'`)
    expect(server.sessions()).to.deep.equal([])
  })
})
