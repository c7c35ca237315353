import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TestServer } from '@zookit/testing'
import { expect } from 'chai'
import { sourceFlags } from '../../../.ci/source/built.ts'

const EXAMPLES = new URL('../examples/', import.meta.url)
const PAGE = readFileSync(new URL('../../../docs/admin.md', import.meta.url), 'utf8')
const NODE = await sourceFlags()

/** Milliseconds that an example may take: far longer than it does. */
const TIME_LIMIT = 30_000

describe('The examples of admin', function () {
  this.timeout(2 * TIME_LIMIT)

  for (const name of readdirSync(EXAMPLES)) {
    it(`run, and are on their page word by word: ${name}`, async () => {
      await using server = await TestServer.start()
      const file = fileURLToPath(new URL(name, EXAMPLES))
      const child = spawn(process.execPath, [...NODE, file, server.hosts], { timeout: TIME_LIMIT })
      const texts = { out: '', errors: '' }
      child.stdout.on('data', chunk => (texts.out += chunk))
      child.stderr.on('data', chunk => (texts.errors += chunk))
      const [code] = await once(child, 'close')
      expect({ code, errors: texts.errors }, texts.out).to.deep.equal({ code: 0, errors: '' })
      expect(texts.out).to.include(`${server.hosts}: standalone`)
      const source = readFileSync(new URL(name, EXAMPLES), 'utf8')
      expect(PAGE).to.include(`<!-- packages/admin/examples/${name} -->\n\`\`\`ts\n${source}\`\`\`\n`)
    })
  }
})
